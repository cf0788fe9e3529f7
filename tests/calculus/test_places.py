"""Deltas of subscripts under sums, and axes cut into blocks: what each law makes has that value."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from sympy import Expr, Integer, Mul

from symbackprop.algebra.nodes import Array, Delta, Index, IndexSum, Iverson, size_symbol
from symbackprop.algebra.subscripts import Quotient, Remainder
from symbackprop.calculus.places import BLOCKS, PLACES, in_blocks, placed
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.scalars import Digits

n, m = size_symbol("n"), size_symbol("m")
TWO = Integer(2)
j, k = Index("j", n), Index("k", n + 1)
p, q, r = Index("p", 2 * m), Index("q", m), Index("r", TWO)
x, w, u, v = (Array("x", (n,)), Array("w", (2 * m,)), Array("u", (m,)), Array("v", (m, TWO)))
SIZES = [{n: 3, m: 2}, {n: 1, m: 4}]


def mul(*factors: Expr) -> Expr:
    return Mul(*factors, evaluate=False)


PLACED: list[tuple[Expr, Expr | None]] = [
    (IndexSum(mul(x[j,], Delta(k, j + 1)), j), mul(x[k - 1,], Iverson(k >= 2))),
    (IndexSum(mul(x[j,], Delta(j, k)), j), mul(x[k,], Iverson(k <= n))),
    (IndexSum(mul(w[p,], Delta(q, Quotient(p, TWO))), p), None),
    (IndexSum(mul(u[q,], Delta(p, 2 * q)), q),
     mul(Delta(Remainder(p, TWO), TWO), u[Quotient(p, TWO),])),
    (IndexSum(mul(v[q, r], Delta(p, 2 * q + r - 2)), q, r),
     v[Quotient(p, TWO), Remainder(p, TWO)]),
]  # fmt: skip
CUT = [
    IndexSum(mul(w[p,], u[Quotient(p, TWO),]), p),
    IndexSum(mul(w[p,], v[Quotient(p, TWO), Remainder(p, TWO)]), p),
]


def table(expr: Expr, free: tuple[Index, ...], sizes: dict) -> list[str]:
    """The values of an expression of the arrays at all places of its free indices."""
    scalars = Digits(30)
    arrays = {}
    for a in (x, w, u, v):
        places = itertools.product(*(range(int(s.subs(sizes))) for s in a.shape))
        arrays[a] = {p: scalars.number(Fraction(3 * c + 1, 7)) for c, p in enumerate(places)}
    places = itertools.product(*(range(int(i.size.subs(sizes))) for i in free))
    return [
        str(evaluate(expr, scalars, sizes, arrays, dict(zip(free, p, strict=True))))
        for p in places
    ]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("total", "wanted"), PLACED)
def test_a_delta_of_a_subscript_is_used_up(total: Expr, wanted: Expr | None, sizes: dict) -> None:
    found = placed(total)
    assert found is not None
    law, new = found
    assert law == PLACES
    if wanted is not None:
        assert new == wanted
    free = tuple(i for i in (k, p, q) if i in total.free_symbols)
    assert table(new, free, sizes) == table(total, free, sizes)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("total", CUT)
def test_a_sum_over_blocks_is_one_over_both_places(total: Expr, sizes: dict) -> None:
    found = in_blocks(total)
    assert found is not None
    law, new = found
    assert law == BLOCKS
    assert [i.size for i in new.bound] == [m, TWO]
    assert not new.has(Quotient, Remainder)
    assert table(new, (), sizes) == table(total, (), sizes)


@pytest.mark.parametrize(
    "total",
    [
        IndexSum(w[p,], p),
        IndexSum(mul(v[q, r], Delta(p, 2 * q + r - 2)), q),
        IndexSum(mul(x[j,], Delta(p, 2 * q)), j),
    ],
)
def test_other_sums_are_left_alone(total: Expr) -> None:
    assert placed(total) is None
    assert in_blocks(total) is None
