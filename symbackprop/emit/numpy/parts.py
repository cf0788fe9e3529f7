"""Quantities over a part of an axis, in indices of their own."""

from __future__ import annotations

from sympy import Basic, Expr

from symbackprop.algebra.nodes import Delta, Element, Index, Position
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt


def own_indices(expr: Expr) -> tuple[Expr, dict[Index, Expr]]:
    """1 - f[k - H] as 1 - f[i], and {i: k - H}: a new index for each subscript that is none.

    Only for a subscript of free indices that stands everywhere in their place, on axes of one size.
    """
    places: dict[Expr, set[Expr]] = {}
    for node in walk(expr):
        if isinstance(node, Index | Position | Delta):
            return expr, {}
        if isinstance(node, Element):
            for u, size in zip(node.indices, node.array.axes, strict=True):
                places.setdefault(u, set()).add(size)
    swap: dict[Expr, Index] = {}
    for u, sizes in places.items():
        others = frozenset().union(*(indices_of(v) for v in places if v != u))
        own = indices_of(u)
        free = own <= expr.free_symbols and own.isdisjoint(others)
        if not isinstance(u, Index) and len(sizes) == 1 and own and free:
            # The name of the old index, over the part: the old one is gone from the expression.
            swap[u] = Index(min(i.name for i in own), next(iter(sizes)))
    if not swap:
        return expr, {}
    found: Expr = _with(expr, swap)
    return found, {i: u for u, i in swap.items()}


def _with(expr: Basic, swap: dict[Expr, Index]) -> Basic:
    if isinstance(expr, Element):
        return Element(expr.array, *(swap.get(u, u) for u in expr.indices))
    return rebuilt(expr, tuple(_with(a, swap) for a in expr.args)) if expr.args else expr
