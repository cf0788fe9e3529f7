"""Small laws between two equal forms: which are found, that they are true, that none is made up."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Expr

from symbackprop.algebra.unevaluated import unordered
from symbackprop.calculus.bridge import (
    ADDED,
    APART,
    FACTORED,
    MIRRORED,
    SQUARE,
    TURNED,
    bridged,
)
from symbackprop.calculus.deltas import SPREADS
from symbackprop.calculus.tidy import CANCELS
from symbackprop.frontend.text import parse_program
from tests.emit.values import value

AT = {n: np.array(x) for n, x in zip("uvwxy", (0.3, -1.7, 0.9, 0.4, 1.3), strict=True)}
CASES = [
    ("-(u - v)*w", "(v - u)*w", [TURNED]),
    ("y*(x - w/y)", "y*x - w", [SPREADS, CANCELS]),
    ("u*(x/v - w/(v*u))", "(u*x - w)/v", [SPREADS, CANCELS, FACTORED]),
    ("w*x/(u*v)**2*u", "w*x/(u*v**2)", [APART, CANCELS]),
    ("exp(-x)/(1 + exp(-x))**2*u", "exp(x)/(1 + exp(x))**2*u", [MIRRORED]),
    ("exp(-x)/(1 + exp(-x))", "1/(1 + exp(x))", [MIRRORED]),
    ("2*u + w - u*3", "w - u", [ADDED]),
    ("u/w + v/w", "(u + v)/w", [FACTORED]),
    ("u*(u + v)", "u**2 + u*v", [SPREADS, SQUARE]),
]


def expression(text: str) -> Expr:
    shapes = {n: () for n in "uvwxy" if n in text}
    (definition,) = parse_program(f"z = {text}", shapes).definitions
    return definition.expr


@pytest.mark.parametrize(("before", "after", "laws"), CASES)
def test_the_laws_that_lead_there(before: str, after: str, laws: list[str]) -> None:
    path = bridged(expression(before), expression(after))
    assert path is not None
    assert [law for law, _ in path] == laws
    assert unordered(path[-1][1]) == unordered(expression(after))
    for _, form in path:
        assert value(form, AT, {}) == pytest.approx(value(expression(before), AT, {}))


def test_another_order_is_no_step() -> None:
    assert bridged(expression("u*v + w"), expression("w + v*u")) == []


def test_different_values_are_not_joined() -> None:
    for before, after in (("u*v", "u + v"), ("u - v", "v - u"), ("exp(x)", "exp(-x)")):
        assert bridged(expression(before), expression(after)) is None
