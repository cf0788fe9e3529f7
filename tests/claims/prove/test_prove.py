"""Equations: the little theorems with their steps, and false ones with their numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

import symbackprop as sb
from symbackprop.claims.prove.called import opened
from symbackprop.claims.prove.chain import key
from symbackprop.claims.prove.laws import LAWS, MORE, Law
from symbackprop.claims.prove.read import read_statement
from symbackprop.verify.exact import AGREES, FALSE, PROVED

Z = {"z": ("n",)}
X = {"x": ("n",)}
XY = {"x": ("n",), "y": ("n",)}
PAIR = {"A": ("n", "m"), "B": ("m", "n")}

TRUE: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("softmax(z + c) == softmax(z)", {**Z, "c": ()},
     ("definition of softmax", "exp(u + v) = exp(u) exp(v)", "Σ_j c f_j = c Σ_j f_j",
      "c u / (c v) = u / v")),
    ("sum(softmax(z)) == 1", Z, ("definition of softmax", "Σ_j c f_j = c Σ_j f_j")),
    ("sigmoid(-x) == 1 - sigmoid(x)", X, ("u + v/w = (u w + v)/w", "w = exp(-x[k])")),
    ("log(softmax(a)) == a - logsumexp(a)", {"a": ("n",)},
     ("log(u v / w) = log u + log v - log w", "log(exp u) = u", "definition of logsumexp")),
    ("softmax(z)[0] == sigmoid(z[0] - z[1])", {"z": (2,)},
     ("Σ_j f_j = f_1 + … + f_n, for a number n", "definition of sigmoid")),
    ("softmax(z)[1] == sigmoid(z[1] - z[0])", {"z": (2,)}, ()),
    ("log_softmax(z) == log(softmax(z))", Z, ("definition of log_softmax",)),
    ("logsumexp(z + c) == logsumexp(z) + c", {**Z, "c": ()}, ()),
    ("softplus(x) - softplus(-x) == x", X, ("log(1 + exp(-u)) = log(1 + exp(u)) - u",)),
    ("log(sigmoid(x)) == -softplus(-x)", X, ()),
    ("tanh(x) == 2*sigmoid(2*x) - 1", X, ("definition of the hyperbolic function",)),
    ("cosh(x)**2 - sinh(x)**2 == ones_like(x)", X, ()),
    ("silu(x) == x*sigmoid(x)", X, ()),
    ("sigmoid(x)*(1 - sigmoid(x)) == exp(-x)/(1 + exp(-x))**2", X, ()),
    ("sum((x - mean(x))**2) == sum(x**2) - x.shape[0]*mean(x)**2", X, ("distributive law",)),
    ("var(x) == mean(x**2) - mean(x)**2", X, ()),
    ("sum(x - mean(x)) == 0", X, ("Σ_j (f_j + g_j) = Σ_j f_j + Σ_j g_j",)),
    ("(x + y)**2 == x**2 + 2*x*y + y**2", XY, ("distributive law",)),
    ("trace(A @ B) == trace(B @ A)", PAIR, ()),
    ("(A @ B).T == B.T @ A.T", PAIR, ()),
    ("softmax(-x) == exp(-x)/sum(exp(-x))", X, ()),
]  # fmt: skip

FALSE_ONES: list[tuple[str, dict[str, Any], str]] = [
    ("softmax(2*z) == softmax(z)", Z, ""),
    ("sum(softmax(z)) == z.shape[0]", Z, "On the left a factor 1/n is too many."),
    ("sigmoid(-x) == sigmoid(x) - 1", X, "The sides differ in their sign alone."),
    ("log(softmax(a)) == a - sum(exp(a))", {"a": ("n",)}, ""),
    ("softmax(z)[0] == sigmoid(z[1] - z[0])", {"z": (2,)}, ""),
    ("tanh(x) == 2*sigmoid(x) - 1", X, ""),
    ("x*c == x", {**X, "c": ()}, "It is true if c = 1."),
    ("relu(x) == x", X, "It is true where x[k] > 0."),
    ("(x + y)**2 == x**2 + y**2", XY, "It is true where"),
    ("A @ B == A @ B + A @ A", {"A": ("n", "n"), "B": ("n", "n")}, ""),
    ("sum(x)**2 == sum(x**2)", X, ""),
]


@pytest.mark.parametrize(("text", "shapes", "says"), TRUE, ids=[c[0] for c in TRUE])
def test_a_theorem_is_proved_by_steps_that_hold(
    text: str, shapes: dict[str, Any], says: tuple[str, ...]
) -> None:
    found = sb.prove(text, shapes=shapes)
    assert found.verdict == PROVED
    assert found.links
    assert [c.verdict for _, c in found.links if c.verdict not in (PROVED, AGREES)] == []
    assert key(found.links[0][0].before) == key(found.statement.left)
    assert key(found.links[-1][0].after) == key(found.statement.right)
    for (one, _), (two, _) in zip(found.links, found.links[1:], strict=False):
        assert key(one.after) == key(two.before)
    for words in says:
        assert words in found.text()


@pytest.mark.parametrize(("text", "shapes", "says"), FALSE_ONES, ids=[c[0] for c in FALSE_ONES])
def test_a_false_equation_has_numbers(text: str, shapes: dict[str, Any], says: str) -> None:
    found = sb.prove(text, shapes=shapes)
    assert (found.verdict, found.ok, found.links) == (FALSE, False, ())
    example = found.counterexample
    assert example is not None
    assert abs(example["left"] - example["right"]) > 1e-4
    assert says in found.text()
    assert "counterexample" in found.text()


def test_the_seed_of_the_proofs() -> None:
    """softmax does not change with a constant: the five steps of a textbook."""
    found = sb.prove("softmax(z + c) == softmax(z)", shapes={**Z, "c": ()})
    assert found.text().partition("steps\n")[2] == (
        "  softmax(z + c)[k] = exp(z[k] + c) / Σ_j exp(z[j] + c)\n"
        "          definition of softmax\n"
        "      = exp(z[k])·exp(c) / Σ_j exp(z[j])·exp(c)\n"
        "          exp(u + v) = exp(u) exp(v)\n"
        "      = exp(z[k])·exp(c)/(exp(c)·Σ_j exp(z[j]))\n"
        "          Σ_j c f_j = c Σ_j f_j\n"
        "      = exp(z[k]) / Σ_j exp(z[j])\n"
        "          c u / (c v) = u / v\n"
        "      = softmax(z)[k]\n"
        "          definition of softmax\n"
    )


def test_a_declared_equation_is_used_and_named() -> None:
    text, shapes = "softmax(x)*sum(t) - t == softmax(x) - t", {"x": ("n",), "t": ("n",)}
    found = sb.prove(text, shapes=shapes, assume=["sum(t) == 1"])
    assert (found.ok, found.facts) == (True, ("sum(t) == 1",))
    assert "Σ_k t[k] = 1    assumed" in found.text()
    assert not sb.prove(text, shapes=shapes).ok
    unused = sb.prove("x == x + 0*t", shapes=shapes, assume=["sum(t) == 1"])
    assert (unused.ok, unused.facts) == (True, ())


def test_a_declared_sign_decides() -> None:
    assert sb.prove("sqrt(x**2) == x", shapes=X, assume=["x > 0"]).ok
    assert not sb.prove("sqrt(x**2) == x", shapes=X).ok


def test_where_one_side_has_no_value_the_text_says_so() -> None:
    found = sb.prove("log(x**2) == 2*log(x)", shapes=X)
    assert found.ok
    assert found.partial
    assert "It holds where both sides have a value." in found.text()
    assert not sb.prove("log(x**2) == 2*log(abs(x))", shapes=X).partial


def test_without_a_chain_the_text_says_how_it_was_compared() -> None:
    for text, verdict in (("sin(2*x) == 2*sin(x)*cos(x)", AGREES),
                          ("relu(x) - relu(-x) == x", PROVED)):  # fmt: skip
        found = sb.prove(text, shapes=X)
        assert (found.verdict, found.links) == (verdict, ())
        assert "No chain of laws was found" in found.text()


@pytest.mark.parametrize(
    ("text", "shapes", "error", "says"),
    [
        ("softmax(z)", Z, sb.Refused, "is not an equation; write LEFT == RIGHT"),
        ("z = softmax(z)", Z, sb.Refused, "is not an equation"),
        ("z < 1", Z, sb.Refused, "is not an equation"),
        ("z == q", Z, sb.InputError, "no shape for 'q'"),
        ("z == z", {**Z, "q": ("n",)}, sb.UnknownNameError, "a shape is given for 'q'"),
        ("z == 1", Z, sb.ShapeError, "the sides have the shapes (n,) and ()"),
        ("z == sum(z)", Z, sb.ShapeError, "one shape on both sides"),
        ("x + y == y + x", {"x": ("n",), "y": ("m",)}, sb.ShapeError, "do not fit together"),
        ("softmax(c) == c", {"c": ()}, sb.SymbackpropError, ""),
        ("__import__('os') == z", Z, sb.Refused, "not a supported function"),
    ],
)
def test_what_is_no_equation_is_refused(
    text: str, shapes: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as raised:
        sb.prove(text, shapes=shapes)
    assert says in str(raised.value)


def test_the_json_has_the_steps_and_their_checks() -> None:
    record = json.loads(sb.prove("sum(softmax(z)) == 1", shapes=Z).json())
    assert record["verdict"] == "proved"
    assert [s.get("check") for s in record["steps"]] == [None, "proved", "proved", "proved"]
    assert record["steps"][0]["latex"] == (
        r"\sum_{j} \operatorname{softmax}\left(\boldsymbol{z}\right)_{j}"
    )
    assert record["steps"][-1]["text"] == "1"
    false = json.loads(sb.prove("sum(softmax(z)) == 2", shapes=Z).json())
    assert (false["steps"], false["counterexample"]["left"]) == ([], 1.0)


def test_a_verdict_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match=r"\.ok"):
        bool(sb.prove("z == z", shapes=Z))


EXPRESSIONS = [
    "softmax(z + 1)", "log(exp(z)*exp(-z)/sum(exp(z)))", "sum(2*z + 3*z*sum(z))",
    "(z - mean(z))**2",
    "1 - 1/(1 + exp(-z))", "exp(-(z - sum(z)))", "tanh(z)/cosh(z) + sinh(z)", "softplus(-z)",
    "z/(z*sum(z*z)) - z", "exp(log(z*z + 1))", "(z + 1)*(z - 1)*(z + 2)", "sum(-z*(-z))",
    "log(exp(z)) + log(1/exp(z))", "1 + exp(z) - 1", "sum(2*z*z)",
]  # fmt: skip


@pytest.mark.parametrize(
    "law", dict.fromkeys([*LAWS, *MORE]), ids=lambda law: law.__name__
)
def test_a_law_keeps_the_value(law: Law) -> None:
    """Every law on every expression: what it makes is equal, and somewhere it makes something."""
    from symbackprop.claims.compare import Comparer
    from symbackprop.claims.setting import Ground

    changed = 0
    for size in ("n", 3):
        for text in EXPRESSIONS:
            statement = read_statement(f"{text} == {text}", {"z": (size,)})
            before = opened(statement.left)
            after = law(before)
            comparer = Comparer(Ground(statement.program, ()))
            same = comparer.compare(before, after, statement.indices, ())
            assert same.verdict in (PROVED, AGREES), text
            changed += before != after
    assert changed
