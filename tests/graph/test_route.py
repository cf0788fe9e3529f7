"""The route through the graph: the steps of the book, the derivation's own last line."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.emit.page import Chain, Formula, Heading, Page, Paragraph, Table, Words
from symbackprop.errors import DerivationError, InputError
from symbackprop.graph import page as module
from symbackprop.graph.operations import Operation
from symbackprop.graph.page import route
from symbackprop.graph.rules import _RULES, rule
from symbackprop.verify.exact import FALSE, Comparison
from tests.graph.graphs import LAYERS, derived
from tests.katex import assert_katex


def told(part: Formula | Words | str, form: str = "text") -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Formula):
        return str(getattr(part, form))
    return part.template.format(**{k: told(v, form) for k, v in part.places})


def chains(page: Page) -> list[str]:
    return [
        " = ".join([c.left.text, *(r.right.text for r in c.rows)])
        for c in page.blocks if isinstance(c, Chain)
    ]  # fmt: skip


def test_the_steps_of_the_book_for_three_classes() -> None:
    found = chains(route(derived("softmax-ce"), 3))
    steps = [
        "∂L/∂log(y[1]) = -t[1]",
        "dy[1] = -t[1]/y[1]",
        "∂L/∂(1/S) by way of y[1] = -t[1]·exp(a[1])/y[1] = -t[1]·S",
        "∂L/∂(1/S) = -t[1]·S - t[2]·S - t[3]·S = -S·(t[1] + t[2] + t[3])",
        "dS = S·(t[1] + t[2] + t[3])/S^2 = (t[1] + t[2] + t[3])/S = 1/S",
        "∂L/∂exp(a[1]) by way of y[1] = -t[1]/(y[1]·S) = -t[1]/exp(a[1])",
        "∂L/∂exp(a[1]) by way of S = 1/S",
        "∂L/∂exp(a[1]) = 1/S - t[1]/exp(a[1])",
        "da[1] = (1/S - t[1]/exp(a[1]))·exp(a[1]) = y[1] - t[1]",
    ]
    assert [s for s in steps if s not in found] == []
    places = [found.index(s) for s in steps if "exp(a[1])" not in s.partition(" = ")[0]]
    assert places == sorted(places)
    assert found[-3:] == [f"da[{k}] = y[{k}] - t[{k}]" for k in (1, 2, 3)]


def test_the_steps_for_any_number_of_classes() -> None:
    assert chains(route(derived("softmax-ce"))) == [
        "∂L/∂L = 1",
        "∂L/∂(Σ_k t[k]·log(y[k])) = -1",
        "∂L/∂(t[k]·log(y[k])) = -1",
        "∂L/∂log(y[k]) = -t[k]",
        "dy[k] = -t[k]/y[k]",
        "∂L/∂exp(a[k]) by way of y[k] = -t[k]/(y[k]·S) = -t[k]/exp(a[k])",
        "∂L/∂(1/S) = Σ_k (-t[k]·exp(a[k])/y[k]) = -S·Σ_k t[k] = -S",
        "dS = S/S^2 = 1/S",
        "∂L/∂exp(a[k]) by way of S = 1/S",
        "∂L/∂exp(a[k]) = 1/S - t[k]/exp(a[k])",
        "da[k] = (1/S - t[k]/exp(a[k]))·exp(a[k]) = y[k] - t[k]",
        "da[k] = y[k] - t[k]",
    ]


def test_facts_and_definitions_are_the_reasons() -> None:
    page = route(derived("softmax-ce"), 3)
    reasons = {
        (r.right.text, told(w)) for c in page.blocks if isinstance(c, Chain)
        for r in c.rows for w in r.reasons
    }  # fmt: skip
    assert ("1/S", "t[1] + t[2] + t[3] = 1 (assumed)") in reasons
    assert ("-t[1]·S", "from the definition: y[k] = exp(a[k])/S") in reasons
    assert ("y[1] - t[1]", "as derived") in reasons


def test_without_the_fact_no_line_uses_it() -> None:
    page = route(sb.derive("softmax-ce", no_assume=True))
    assert "da[k] = y[k]·Σ_j t[j] - t[k]" in chains(page)
    words = {told(w) for c in page.blocks if isinstance(c, Chain) for r in c.rows
             for w in r.reasons}  # fmt: skip
    assert not [w for w in words if "assumed" in w]


def test_each_node_says_its_rule_and_a_branch_that_messages_are_added() -> None:
    page = route(derived("softmax-ce"))
    words = [told(b.parts[0]) for b in page.blocks if isinstance(b, Paragraph)]
    assert words == [
        "× node: the message times the other inputs (they change places)",
        "Σ node: passes the message on to every term",
        "× node: the message times the other inputs (they change places)",
        "log node: the message divided by its input",
        "× node: the message times the other inputs (they change places)",
        "/ node: the message times -1/x^2 of its input",
        "Σ node: passes the message on to every term",
        "the value goes several ways: the messages that come back are added",
        "exp node: the message times its own output",
    ]


def test_the_page_begins_with_a_table_of_the_nodes() -> None:
    page = route(derived("softmax-ce"))
    heading, table = page.blocks[:2]
    assert isinstance(heading, Heading) and isinstance(table, Table)
    rows = [[told(cell) for cell in row] for row in table.rows]
    assert rows[:3] == [["exp", "a[k]", "exp(a[k])"], ["Σ", "exp(a[k])", "S = Σ_k exp(a[k])"],
                        ["/", "S", "1/S"]]  # fmt: skip
    assert len(rows) == 8


@pytest.mark.parametrize("name", [*LAYERS, "max-pool", "gaussian-process", "softmax-ce-labels"])
def test_the_last_lines_are_those_of_the_derivation_to_the_letter(name: str) -> None:
    d = derived(name)
    page = route(d)
    last = [c for c in page.blocks if isinstance(c, Chain)
            and [told(w) for w in c.rows[-1].reasons] == ["as derived"]]  # fmt: skip
    assert len(last) == len(d.backward.wrt)
    text, tex = "".join(d.text().split()), "".join(d.latex().split())
    for chain in last:
        line = f"{chain.left.text} = {chain.rows[-1].right.text}"
        assert "".join(line.split()) in text
        line = f"{chain.left.latex} &= {chain.rows[-1].right.latex}"
        assert "".join(line.split()) in tex
        assert chain.rows[-1].verdict in (Words("proved"), None) or name == "max-pool"


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("n", [None, 2])
def test_every_line_is_equal_to_the_one_above(name: str, n: int | None) -> None:
    d = derived(name)
    sizes = {s.name: 1 + k % 2 for k, s in enumerate(d.backward.program.sizes)}
    page = route(d, sizes if n and sizes else None, checks=True)
    verdicts = [
        told(r.verdict) for c in page.blocks if isinstance(c, Chain) for r in c.rows if r.verdict
    ]
    assert len(verdicts) >= 2
    assert not [v for v in verdicts if not v.startswith(("agrees at", "proved"))]


@pytest.mark.parametrize("name", LAYERS)
def test_the_latex_is_accepted_by_katex(name: str) -> None:
    page = route(derived(name))
    for block in page.blocks:
        if isinstance(block, Chain):
            for formula in (block.left, *(r.right for r in block.rows)):
                assert_katex(formula.latex)
                assert formula.ascii.isascii()
        if isinstance(block, Table):
            for row in block.rows:
                for cell in row:
                    assert isinstance(cell, Formula)
                    assert_katex(cell.latex)


def test_a_derivation_that_the_messages_do_not_add_up_to_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "same_as_derived", lambda *_: Comparison(FALSE, 1, "1 and 2"))
    with pytest.raises(DerivationError, match="do not add up to the derived gradient"):
        route(derived("softmax-ce"))


@pytest.mark.parametrize(
    ("name", "n", "says"),
    [
        ("softmax-ce", 0, "a size is 1 or more"),
        ("softmax-ce", {"m": 2}, "there is no size 'm'"),
        ("softmax-ce", 60, "too many to read"),
        ("affine-batch", 2, "the sizes are N, D, M; give each: N=2,D=3,M=4"),
        ("affine-batch", {"N": 2}, "give the size D too"),
        ("apple", 2, "apple has no symbolic size"),
        ("conv1d", {"N": 1, "C": 1, "O": 1, "L": 2, "K": 3}, "these sizes do not fit"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(name: str, n: int | dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        route(derived(name), n)


def test_the_backward_program_is_enough() -> None:
    d = derived("softmax-ce")
    assert route(d.backward) == route(d)


@pytest.mark.parametrize("kind", [*_RULES, "tanh", "erf"])
def test_every_operation_has_a_rule(kind: str) -> None:
    assert told(rule(Operation(kind))).partition(":")[2]


def test_the_room_hands_out_its_two_functions() -> None:
    import symbackprop.graph as room

    assert room.route(derived("apple")).title == "apple: computational graph"
    assert room.draw(derived("apple").backward).name == "apple"
    with pytest.raises(AttributeError, match="'drow'"):
        room.drow  # noqa: B018
