"""Random index expressions, unevaluated, over a few arrays of every rank."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from sympy import Abs, Add, And, Equality, Expr, Mul, Pow, Rational, S, exp, log, sign, tanh
from sympy.core.relational import Ge, Gt, Le, Lt

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
)
from tests.emit.values import SIZES, D, M, N

ROW, COLUMN = Index("row", N), Index("column", D)
ARRAYS = [
    Array("s"), Array("u", (N,)), Array("v", (D,)), Array("x_hat", (M,)), Array("W1", (N, D)),
    Array("rate"), Array("Q", (D, M)), Array("beta", (N,)), Array("T", (N, N)),
]  # fmt: skip
NUMBERS = [Rational(*r) for r in ((2, 1), (-1, 1), (1, 2), (-3, 2), (1, 100), (11, 10), (3, 1))]
EXPONENTS = [Rational(*r) for r in ((2, 1), (-1, 1), (-2, 1), (1, 2), (-1, 2), (3, 2), (3, 1))]


def values(seed: int) -> dict[str, np.ndarray]:
    """Random values, of both signs, for the arrays."""
    random = np.random.default_rng(seed)
    return {
        a.name: random.uniform(-1.5, 2.0, [SIZES[str(s)] for s in a.axes]) for a in ARRAYS
    }


@st.composite
def trees(draw: st.DrawFn, scope: tuple[Index, ...] = (ROW, COLUMN), depth: int = 4) -> Expr:
    """An expression whose free indices are in `scope`."""
    kind = draw(st.integers(0, 15 if depth else 2))

    def part(extra: tuple[Index, ...] = ()) -> Expr:
        return draw(trees((*scope, *extra), depth - 1))

    def condition() -> Expr:
        relation = draw(st.sampled_from([Gt, Ge, Lt, Le]))
        return relation(part(), part(), evaluate=False)

    if kind == 0:
        return draw(st.sampled_from([*NUMBERS, N, D]))
    if kind <= 2:
        fits = [a for a in ARRAYS if set(a.axes) <= {i.size for i in scope}]
        array = draw(st.sampled_from(fits))
        chosen = [draw(st.sampled_from([i for i in scope if i.size == s])) for s in array.axes]
        return array[tuple(chosen)]
    if kind <= 5:
        return Add(*(part() for _ in range(draw(st.integers(2, 3)))), evaluate=False)
    if kind <= 8:
        return Mul(*(part() for _ in range(draw(st.integers(2, 3)))), evaluate=False)
    if kind == 9:
        return Pow(part(), draw(st.sampled_from(EXPONENTS)), evaluate=False)
    if kind == 10:
        return draw(st.sampled_from([exp, log, tanh, Abs, sign]))(part(), evaluate=False)
    if kind <= 12:
        node = draw(st.sampled_from([IndexSum, IndexSum, IndexMax, IndexProduct]))
        sizes = draw(st.lists(st.sampled_from([N, D, M]), min_size=1, max_size=2))
        bound = tuple(Index(f"b{depth}{at}", size) for at, size in enumerate(sizes))
        other = [[i for i in scope if i.size == b.size] for b in bound]
        if node is IndexProduct and all(other) and draw(st.booleans()):
            same = [Equality(b, i[0], evaluate=False) for b, i in zip(bound, other, strict=True)]
            alike = same[0] if len(same) == 1 else And(*same, evaluate=False)
            return IndexProduct(Where(alike, S.One, part(bound)), *bound)
        return node(part(bound), *bound)
    if kind == 13:
        return draw(st.sampled_from([Maximum, Minimum]))(part(), part())
    if kind == 14:
        return Iverson(condition())
    pairs = [(i, j) for i in scope for j in scope if i.size == j.size and i != j]
    if pairs and draw(st.booleans()):
        return Delta(*draw(st.sampled_from(pairs)))
    return Where(condition(), part(), part())
