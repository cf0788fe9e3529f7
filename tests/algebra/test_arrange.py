"""Arranged expressions: signs, sums of sums, common factors, and sides of a comparison."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, Expr, Mul, Rational, exp

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.cost import cost
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import Array, Index, size_symbol
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import ONE, ZERO, Atom, Node, Poly, atom, mono, number
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
        (-whole(X - ONE) * whole(ONE - X) * Y, "y*(1 - x)**2"),
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


E = build("exp", (X,))
FACTORS = [
    whole(p) for p in (
        ONE - X, X - ONE, -X - Y, X + Y, X - Y, Y - X, ONE + E, ONE + build("exp", (-X,)),
        ONE - E, E - ONE, E + build("exp", (Y,)), E + build("exp", (-Y,)),
    )
] + [X, Y, E]  # fmt: skip


def value(p: Poly, known: dict[Expr, Rational]) -> Expr:
    """A polynomial at a point."""
    return Add(*(c * Mul(*(atom_value(a, known) ** e for a, e in m)) for m, c in p.terms.items()))


def atom_value(a: Atom, known: dict[Expr, Rational]) -> Expr:
    if not isinstance(a, Node):
        return known[a]
    inner = value(a.args[0], known)
    return 2**inner if a.head == "exp" else inner


@given(
    st.lists(st.tuples(st.sampled_from(FACTORS), st.sampled_from([1, 1, -1, 2, -2])), max_size=5),
    st.sampled_from([1, -1, 2, -2]),
)
def test_a_product_keeps_its_value(factors: list[tuple[Poly, int]], sign: int) -> None:
    """Factors that differ by a sign, or by an exponential, become one; none is lost."""
    p = number(sign)
    for factor, e in factors:
        ((m, _),) = factor.terms.items()
        p = p * mono((a, f * e) for a, f in m)
    arranged = Arranger(lambda _: 0, (K,)).arrange(p)
    known = {ARRAYS[0][K,]: Rational(3, 1), ARRAYS[1][K,]: Rational(5, 1)}
    shown = arranged.xreplace(known).replace(exp, lambda u: 2**u)
    assert shown.doit() == value(p, known)
