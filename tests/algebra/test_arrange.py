"""Arranged expressions: signs, sums of sums, common factors, and sides of a comparison."""

from __future__ import annotations

import pytest

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.cost import cost
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import Array, Index, size_symbol
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import ZERO, Node, Poly, atom, mono, number
from symbackprop.algebra.sums import build
from tests.calculus.closed_forms import closed_form

N = size_symbol("n")
K = Index("k", N)
ARRAYS = [Array(name, (N,)) for name in "xyu"]
X, Y, U = (atom(array[K,]) for array in ARRAYS)


def whole(p: Poly) -> Poly:
    return mono(((Node("base", (p,)), 1),))


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (Y * whole(number(1) - whole(number(1) + X) - U), "-y*(u + x)"),
        (Y * whole(-X - U), "-y*(u + x)"),
        ((number(1) - X * X) * (number(2) + Y), "(1 - x**2)*(2 + y)"),
    ],
)
def test_signs_and_common_factors(p: Poly, text: str) -> None:
    arranged = Arranger(lambda _: 0, (K,)).arrange(p)
    assert not expand_all(normal(arranged)) - expand_all(p)
    assert cost(arranged) <= cost(closed_form(text, ARRAYS, (K,))) * 1.001


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        (number(1) - X * Y, ZERO, "x[k]*y[k] < 1"),
        (ZERO, X - Y, "x[k] - y[k] < 0"),
        (build("exp", (X,)) - number(1), ZERO, "exp(x[k]) > 1"),
        (X, ZERO, "x[k] > 0"),
        (ZERO, X, "x[k] < 0"),
        (X - Y, number(2), "x[k] - y[k] > 2"),
    ],
)
def test_a_comparison_has_no_minus_signs(left: Poly, right: Poly, shown: str) -> None:
    bracket = build("iverson", (build("gt", (left, right)),))
    assert str(Arranger(lambda _: 0, (K,)).arrange(bracket).args[0]) == shown
