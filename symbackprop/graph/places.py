"""Subscripts and sizes put in place of free indices and symbols, the order of terms kept."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from sympy import Add, Basic, Expr, Integer, Mul, Pow
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexSum,
    Iverson,
    Position,
    Reduction,
    Where,
    fresh_index,
)
from symbackprop.algebra.subscripts import canonical, indices_of
from symbackprop.algebra.trees import elements, rename
from symbackprop.algebra.unevaluated import plus, rebuilt, times


def placed(expr: Basic, mapping: Mapping[Index, Expr]) -> Any:
    """The expression with subscripts for free indices, in the order in which it is written.

    A bound index is renamed apart first: nothing is captured.
    """
    if not mapping or not (expr.free_symbols & mapping.keys()):
        return expr
    if isinstance(expr, Index | Position | Element | Delta):
        return rename(expr, mapping)
    if isinstance(expr, Reduction):
        inner = {i: j for i, j in mapping.items() if i not in expr.bound}
        targets = frozenset().union(*(indices_of(u) for u in inner.values()))
        bound = tuple(fresh_index(b.size) if b in targets else b for b in expr.bound)
        inner.update((b, c) for b, c in zip(expr.bound, bound, strict=True) if b is not c)
        return expr.func(placed(expr.body, inner), *bound)
    if not expr.args or isinstance(expr, Array):
        return expr
    return rebuilt(expr, [placed(a, mapping) for a in expr.args])


def at_sizes(expr: Basic, sizes: Mapping[Basic, int], *, sums: bool = False) -> Any:
    """The expression with numbers for sizes; what positions decide is decided.

    sums: sums over axes are written out; otherwise they stand, with an index over the axis.
    """
    if isinstance(expr, Index):
        return expr
    if isinstance(expr, Element):
        return Element(expr.array, *(_number(u, sizes) for u in expr.indices))
    if isinstance(expr, Delta):
        return Delta(*(_number(u, sizes) for u in expr.indices))
    if isinstance(expr, Position):
        return _number(expr, sizes)
    if isinstance(expr, IndexSum) and sums:
        ranges = (range(1, int(b.size.xreplace(dict(sizes))) + 1) for b in expr.bound)
        terms = []
        for place in product(*ranges):
            at = dict(zip(expr.bound, map(Integer, place), strict=True))
            terms.append(at_sizes(placed(expr.body, at), sizes, sums=True))
        return plus(*terms)
    if isinstance(expr, Reduction):
        return expr.func(at_sizes(expr.body, sizes, sums=sums), *expr.bound)
    if expr in sizes:
        return Integer(sizes[expr])
    if not expr.args or isinstance(expr, Array):
        return expr
    parts = [at_sizes(a, sizes, sums=sums) for a in expr.args]
    if isinstance(expr, Boolean):
        # A comparison of numbers is decided by making it; one of values stays as it is written.
        is_open = any(elements(p) or indices_of(p) for p in parts)
        open_comparison = isinstance(expr, Relational) and is_open
        return rebuilt(expr, parts) if open_comparison else expr.func(*parts)
    if isinstance(expr, Iverson | Where):
        return expr.func(*parts)
    if isinstance(expr, Pow) and parts[0].is_Rational and (value := Pow(*parts)).is_Rational:
        return value
    return rebuilt(expr, parts)


def _number(u: Expr, sizes: Mapping[Basic, int]) -> Expr:
    return canonical(u.xreplace({s: Integer(n) for s, n in sizes.items()}))




def tidied(expr: Expr) -> Expr:
    """Ones as factors and zeros as terms left out; nothing else is put together."""
    if not isinstance(expr, Add | Mul):
        return expr
    parts = [tidied(a) for a in expr.args]
    return times(*parts) if isinstance(expr, Mul) else plus(*parts)
