"""Small laws between two equal forms: which are found, that they are true, that none is made up."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sympy import Eq, Expr, Mul, Ne, S

from symbackprop.algebra.nodes import Array, Delta, Index, Iverson, Where, size_symbol
from symbackprop.algebra.unevaluated import unordered
from symbackprop.calculus.bridge import (
    ADDED,
    APART,
    BOTH,
    CHOICE,
    CHOSEN,
    EVEN,
    FACTORED,
    LOWERED,
    MET,
    MIRRORED,
    NESTED,
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
    ("w/(u - v)**2", "w/(v - u)**2", [EVEN]),
    ("w*(u - v)*(x - y)", "(v - u)*w*(y - x)", [BOTH]),
    ("-where(x > 0, u, 1 - v)", "where(x > 0, -u, v - 1)", [CHOICE]),
    ("w*where(x > 0, u, 0)", "w*u*(x > 0)", [CHOSEN]),
    ("w*where(x > 0, 0, v)", "w*v*(x <= 0)", [CHOSEN]),
    ("w*y**(x - 1)", "w*y**x/y", [LOWERED]),
]
SUMS = [
    ("sum(a*sum(B, axis=1))", "sum(a[:, None]*B)", [NESTED]),
    ("sum(a[:, None]*B)", "sum(a*sum(B, axis=1))", [NESTED]),
    ("-sum(a*(b - c))", "sum(a*(c - b))", [TURNED]),
]


def expression(text: str) -> Expr:
    shapes = {n: () for n in re.findall(r"\b[uvwxy]\b", text)}
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


@pytest.mark.parametrize(("before", "after", "laws"), SUMS)
def test_the_laws_of_sums(before: str, after: str, laws: list[str]) -> None:
    names = re.findall(r"\b[abcB]\b", before)
    shapes = {n: ("n", "m") if n == "B" else ("n",) for n in names}
    first, last = (parse_program(f"z = {t}", shapes).definitions[0].expr for t in (before, after))
    path = bridged(first, last)
    assert path is not None
    assert [law for law, _ in path] == laws
    assert unordered(path[-1][1]) == unordered(last)


def test_a_mask_of_two_positions_is_a_delta() -> None:
    n = size_symbol("n")
    x, j, k = Array("x", (n,)), Index("j", n), Index("k", n)
    delta, mask = Delta(j, k), Iverson(Eq(j, k))
    path = bridged(Mul(x[j,], mask, evaluate=False), Mul(x[j,], delta, evaluate=False))
    assert path is not None
    assert [law for law, _ in path] == [MET]
    path = bridged(Where(Ne(j, k), x[j,], S.Zero), x[j,] * (1 - delta))
    assert path is not None
    assert [law for law, _ in path] == [CHOSEN, MET]
    path = bridged(Iverson(Eq(j, k + 1)), Delta(j, k))
    assert path is None
    # An equality of values is no delta.
    y = Array("y", (n,))
    assert bridged(Iverson(Eq(x[j,], y[j,])), Delta(x[j,], y[j,])) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("u*v + w", "w + v*u"), ("u + (v + w)", "u + v + w"), ("u/v/v", "u/v**2"),
        ("u/(v*w)", "u/v/w"), ("2*(3*u)", "6*u"),
    ],
)
def test_another_order_is_no_step(one: str, other: str) -> None:
    assert bridged(expression(one), expression(other)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("u*v", "u + v"), ("u - v", "v - u"), ("exp(x)", "exp(-x)"), ("(u - v)**3", "(v - u)**3"),
        ("u/v", "u/v**2"), ("u*u", "u"), ("u/u", "u*u"),
    ],
)
def test_different_values_are_not_joined(before: str, after: str) -> None:
    assert bridged(expression(before), expression(after)) is None
