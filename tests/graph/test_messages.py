"""The message on each edge: what the book has, what the derivation has, what numbers say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import symbackprop as sb
from symbackprop.algebra import registry
from symbackprop.graph.check import Checker, checked, same_as_derived
from symbackprop.graph.forms import form, length
from symbackprop.verify.exact import AGREES, FALSE
from tests.graph.graphs import LAYERS, derived, messages, messages_of, shown


def texts(name: str) -> list[tuple[str, str]]:
    """The node that each edge goes to, and the message of the edge, the loss first."""
    found = messages(name)
    return [
        (e.node.operation.kind, shown(e.message.expr, e.message_indices))
        for e in found.edges.values()
    ]


def test_softmax_with_cross_entropy_has_the_messages_of_the_book() -> None:
    assert texts("softmax-ce") == [
        ("*", "-1"), ("sum", "-1"), ("*", "-t[k]"), ("log", "-t[k]/y[k]"), ("*", "-S"),
        ("/", "1/S"), ("*", "-t[k]/exp(a[k])"), ("sum", "1/S"), ("exp", "y[k] - t[k]"),
    ]  # fmt: skip


def test_at_one_place_the_message_is_not_added_up_yet() -> None:
    found = messages("softmax-ce")
    (edge,) = [e for e in found.edges.values() if e.message.expr != 0
               and e.node.operation.kind == "*" and e.source.name == "\u00b72"]  # fmt: skip
    assert shown(found.at_place(edge).expr, edge.node.scope) == "-t[k]·S"


def test_without_the_fact_the_sum_of_the_targets_stays() -> None:
    found = messages_of(sb.derive("softmax-ce", no_assume=True))
    edge = next(e for e in found.edges.values() if e.source.name == "S")
    assert shown(edge.message.expr) == "(1/S)·Σ_k t[k]"
    assert [f.text for f in edge.message.facts] == []


def test_a_fact_is_recorded_where_it_is_used() -> None:
    used = [f.text for e in messages("softmax-ce").edges.values() for f in e.message.facts]
    assert used == ["sum(t) == 1"]


def test_a_gradient_that_the_derivation_names_keeps_its_name() -> None:
    found = messages("two-layer")
    named = {a.name: t.adjoint.array.name for a, t in found.totals.items() if t.adjoint}
    assert named["a2"] == "da2"
    edge = next(e for e in found.edges.values() if e.source.name == "W2")
    assert "da2" in shown(edge.message.expr, e_indices := edge.message_indices)
    assert len(e_indices) == 2


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("level", ["node", "layer"])
def test_every_message_agrees_with_a_complex_step(name: str, level: str) -> None:
    found = messages(name, level)
    verdicts = checked(found)
    assert len(verdicts) >= len(found.backward.wrt)
    assert {key: v for key, v in verdicts.items() if v.verdict != AGREES} == {}


@pytest.mark.parametrize("name", LAYERS)
def test_inputs_that_are_not_asked_for_get_no_message(name: str) -> None:
    found = messages(name)
    assert {e.source for e in found.edges.values()} & set(found.backward.program.inputs) == set(
        found.backward.wrt
    )


@pytest.fixture
def laws() -> Iterator[None]:
    """The table of laws, restored at the end."""
    before = dict(registry.LAWS)
    yield
    registry.LAWS.update(before)
    registry.clear_caches()


@pytest.mark.parametrize("law", ["d_exp", "d_log", "d_product", "d_sum"])
def test_a_wrong_rule_is_seen(law: str, laws: None) -> None:
    d = derived("softmax-ce")
    right = registry.LAWS[law]
    registry.LAWS[law] = lambda *args: right(*args).scale(2)  # type: ignore[attr-defined]
    registry.clear_caches()
    found = messages_of(d)
    assert FALSE in {v.verdict for v in checked(found).values()}
    (step,) = [s for s in found.backward.steps if s.of.name == "a"]
    assert same_as_derived(found, step).verdict == FALSE


def test_a_wrong_message_is_seen_with_its_counterexample() -> None:
    found = messages("softmax-ce")
    edge = next(e for e in found.edges.values() if e.source.name == "a")
    twice = edge.message.expr * 2
    right, wrong = Checker(found).edge(edge, [edge.message.expr, twice], by_place=False)
    assert (right.verdict, wrong.verdict) == (AGREES, FALSE)
    assert " at [" in wrong.reason


def test_a_wrong_gradient_is_seen() -> None:
    found = messages("two-layer")
    array = found.backward.program.array("a2")
    assert array is not None
    total = found.totals[array]
    right, wrong = Checker(found).total(array, [total.form.expr, -total.form.expr])
    assert (right.verdict, wrong.verdict) == (AGREES, FALSE)


def test_the_shorter_of_two_equal_forms_is_shown() -> None:
    found = messages("sigmoid-bce")
    y = found.backward.program.array("y")
    assert y is not None
    assert shown(found.totals[y].form.expr, found.totals[y].indices) == (
        "(y[k] - t[k])/(y[k]·(1 - y[k]))"
    )


@pytest.mark.parametrize("name", LAYERS)
def test_a_form_is_what_it_was_made_of(name: str) -> None:
    """The normal form that is worked on further is the expression that is shown."""
    found = messages(name)
    for edge in found.edges.values():
        again = form(found.graph, found.simplifier, edge.message.poly, edge.message_indices)
        assert length(again.expr) <= length(edge.message.expr) + 0.5
