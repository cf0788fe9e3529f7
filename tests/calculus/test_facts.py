"""Facts are used where they hold, are recorded when used, and do not fire on near misses."""

from __future__ import annotations

import pytest

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Poly
from symbackprop.calculus.facts import Facts
from symbackprop.calculus.matrix_facts import Fact, MatrixFacts
from symbackprop.calculus.reverse import backward
from symbackprop.errors import InputError
from symbackprop.frontend.text import parse_program
from tests.calculus.closed_forms import assert_closed_form

SOFTMAX = "y = exp(a)/sum(exp(a)); "
N = {"a": ("n",), "t": ("n",), "s": ("n",)}
BATCH = {"a": ("N", "n"), "t": ("N", "n")}
ROWS = "y = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(t*log(y))"


def shapes(text: str) -> dict[str, tuple[str, ...]]:
    return {name: shape for name, shape in N.items() if f"{name}*" in text or f"({name})" in text}


DECLARED = [
    # text, assumption, closed form of da, is the assumption used?
    ("L = -sum(t*log(y))", "sum(t) == 1", "y - t", True),
    ("L = -sum(t*log(y))", "sum(t) == 3", "3*y - t", True),
    ("L = -sum(t*log(y))", "1 == sum(t)", "y - t", True),
    ("L = -sum(t*log(y))", "mean(t) == 0", "-t", True),
    ("L = -sum(t*log(y))", "t.sum() == 1", "y - t", True),
    ("L = -sum(t*s*log(y))", "sum(t) == 1", "y*sum(t*s) - t*s", False),
    ("L = -sum(t**2*log(y))", "sum(t) == 1", "y*sum(t**2) - t**2", False),
    ("L = -sum(t*s*log(y))", "sum(t*s) == 1", "y - t*s", True),
    ("L = -sum(2*t*log(y))", "sum(t) == 1", "2*(y - t)", True),
]


@pytest.mark.parametrize(("loss", "assumption", "expected", "used"), DECLARED)
def test_declared(loss: str, assumption: str, expected: str, used: bool) -> None:
    program = parse_program(SOFTMAX + loss, shapes(SOFTMAX + loss), assume=[assumption])
    derived = backward(program, ["a"])
    assert_closed_form(derived, "a", expected)
    assert [f.text for f in derived.facts if f.declared] == ([assumption] if used else [])


@pytest.mark.parametrize(
    ("assumption", "expected"),
    [
        ("sum(t, axis=1) == 1", "y - t"),
        ("t.sum(axis=-1) == 1", "y - t"),
        ("sum(t, axis=1, keepdims=True) == 1", "y - t"),
        ("sum(t, axis=0) == 1", "y*sum(t, axis=1, keepdims=True) - t"),  # the other axis
        ("sum(t) == 1", "y*sum(t, axis=1, keepdims=True) - t"),  # the whole array only
    ],
)
def test_over_an_axis(assumption: str, expected: str) -> None:
    derived = backward(parse_program(ROWS, BATCH, assume=[assumption]), ["a"])
    assert_closed_form(derived, "a", expected)


def test_a_fact_over_an_axis_serves_a_sum_over_both() -> None:
    program = parse_program("L = sum(t)*sum(a)", BATCH, assume=["sum(t, axis=1) == 1"])
    assert_closed_form(backward(program, ["a"]), "a", "a.shape[0] + 0*a")


DISCOVERED = [
    ("e = exp(a - max(a)); S = sum(e); y = e/S; L = sum(y*y)", "L", ["sum(y) == 1"]),
    ("y = exp(a)/sum(exp(a)); L = sum(y)**2 + sum(y*y)", "(L - 1)", ["sum(y) == 1"]),
    ("y = exp(a)/sum(exp(a)); L = sum(y*y)", "L", []),
]


@pytest.mark.parametrize(("text", "square", "facts"), DISCOVERED)
def test_discovered(text: str, square: str, facts: list[str]) -> None:
    """Σ y² has a name, and Σ y is found to be 1."""
    derived = backward(parse_program(text, {"a": ("n",)}))
    assert_closed_form(derived, "a", f"2*y*(y - {square})")
    assert [f.text for f in derived.facts] == facts
    assert not any(f.declared for f in derived.facts)


def test_a_weighted_sum_of_probabilities_is_not_one() -> None:
    program = parse_program(SOFTMAX + "L = sum(y*s)", {"a": ("n",), "s": ("n",)})
    assert_closed_form(backward(program, ["a"]), "a", "y*(s - L)")


def test_a_gradient_that_vanishes_is_zero_for_a_reason() -> None:
    derived = backward(parse_program(SOFTMAX + "L = sum(y)", {"a": ("n",)}))
    assert derived.step(derived.wrt[0]).expr == 0
    assert [f.text for f in derived.facts] == ["sum(y) == 1"]


def test_facts_that_lead_round_in_a_circle_end() -> None:
    """Whichever form comes first, the same one of the circle is the result."""
    forms = [normal(Array("a")[()] + k) for k in range(5)]

    class Round(MatrixFacts):
        def apply(self, p: Poly) -> tuple[Poly, tuple[Fact, ...]]:
            place = forms.index(p)
            return forms[place + 1 if place < 4 else 2], ()

    facts = Facts([], {}, Round([], {}))
    assert len({facts.apply(p)[0] for p in forms}) == 1


@pytest.mark.parametrize("assumption", ["t*t == s*s", "abs(t)*abs(t) == 1"])
def test_an_equation_that_fixes_nothing_is_refused(assumption: str) -> None:
    program = parse_program("L = sum(t*s*a)", N, assume=[assumption])
    with pytest.raises(InputError, match="cannot be used"):
        backward(program)


SMOOTHED = SOFTMAX + "u = (1 - r)*t + r/a.shape[0]; L = -sum(u*log(y))"


def test_a_discovered_fact_may_rest_on_a_declared_one() -> None:
    program = parse_program(SMOOTHED, {"a": ("n",), "t": ("n",), "r": ()}, assume=["sum(t) == 1"])
    derived = backward(program, ["a"])
    assert_closed_form(derived, "a", "y - u")
    assert [f.text for f in derived.facts] == ["sum(t) == 1", "sum(u) == 1"]


@pytest.mark.parametrize("assume", [[], ["sum(t) == 2"]])
def test_without_the_declared_fact_the_other_does_not_hold(assume: list[str]) -> None:
    program = parse_program(SMOOTHED, {"a": ("n",), "t": ("n",), "r": ()}, assume=assume)
    derived = backward(program, ["a"])
    assert "sum(u) == 1" not in [f.text for f in derived.facts]
