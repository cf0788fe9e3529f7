"""Where a function has a kink the subgradient is named, and a flat dependence is refused."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.calculus.reverse import backward
from symbackprop.deriving import unchecked
from symbackprop.errors import DerivationError, InputError, UnknownNameError
from symbackprop.frontend.text import parse_program

NOTES = [
    ("y = maximum(x, 0)", "at x = 0 the subgradient with [x > 0] = 0 is used"),
    ("y = maximum(0, x)", "at x = 0 the subgradient with [x > 0] = 0 is used"),
    ("y = minimum(x, 1)", "[x < 1] = 0"),
    ("y = abs(x)", "|x| has a kink at x = 0: the subgradient 0 is used"),
    ("y = x - max(x)", "share the gradient equally"),
]


@pytest.mark.parametrize(("text", "note"), NOTES)
def test_a_kink_has_a_note(text: str, note: str) -> None:
    derived = backward(parse_program(text, {"x": ("n",)}))
    assert any(note in line for line in derived.notes), derived.notes


@pytest.mark.parametrize("text", ["y = exp(x)", "y = exp(x - max(x))/sum(exp(x - max(x)))"])
def test_no_kink_no_note(text: str) -> None:
    assert backward(parse_program(text, {"x": ("n",)})).notes == ()


@pytest.mark.parametrize(
    "text", ["y = where(x > 0, 1.0, 0.0)", "m = x > 0; y = where(m, 2, 3)", "y = sign(x)"]
)
def test_a_flat_dependence_is_refused(text: str) -> None:
    with pytest.raises(DerivationError, match="only through a comparison or a sign"):
        backward(parse_program(text, {"x": ("n",)}))


def test_the_bracket_of_a_clipped_value_is_that_of_the_value() -> None:
    derived = sb.derive("y = clip(x, -1, 1)", shapes={"x": ("n",)})
    assert "dy[k]*[x[k] < 1]*[x[k] > -1]" in derived.text(unicode=False)


@pytest.mark.parametrize(
    "text", ["y = x*sign(x)", "y = sqrt((x*sign(x))**2 + 1)", "y = x*sign(x)**3"]
)
def test_a_value_and_its_sign(text: str) -> None:
    assert sb.derive(text, shapes={"x": ("n",)}).verify().ok


def test_both_branches_of_a_tie_together_have_one_gradient() -> None:
    derived = backward(parse_program("L = sum(maximum(x, w))", {"x": ("n",), "w": ("n",)}))
    assert [str(s.expr.args[0].func) for s in derived.steps] == [
        "<class 'sympy.core.relational.StrictGreaterThan'>",
        "<class 'sympy.core.relational.GreaterThan'>",
    ]


def test_unknown_inputs_are_named() -> None:
    program = parse_program("y = exp(x); L = sum(y)", {"x": ("n",)})
    with pytest.raises(UnknownNameError, match="no input 'X'"):
        backward(program, ["X"])
    with pytest.raises(InputError, match="computed, not an input"):
        backward(program, ["y"])


@pytest.mark.parametrize(
    "text",
    [
        # The maximum is compared with its elements, not its square with them.
        "p = mean(x); L = max(p*x + (1 - p)*w)**2",
        "p = mean(x); L = max(p*x + (1 - p)*w)**3",
        # log(exp(x)) is x, though not to the last digit.
        "L = max(log(exp(x*w)))**2",
        "L = sin(max(logaddexp(x*w, x*w)))",
    ],
)
def test_what_a_maximum_is_compared_with(text: str) -> None:
    report = unchecked(text, shapes={"x": ("n",), "w": ("n",)}).verify()
    assert report.ok, report.table()
