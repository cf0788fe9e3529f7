"""Vectors divided by their length: its square is what the products with it are divided by.

    y_k Σ_j u_j y_j = x_k (Σ_j u_j x_j)/q    in sums, for a quantity y_k = c x_k/sqrt(q)

The rounding of the root is in each y, and so twice in the left side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations

from sympy import Add, Expr, Pow, S

from symbackprop.algebra.nodes import Array, Element, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, times, unfolded
from symbackprop.emit.numpy.forms import equal
from symbackprop.emit.numpy.product import flat, negated


class Lengths:
    """Writes sums so. quantities: what is assigned to them."""

    def __init__(self, quantities: Mapping[Array, Assigned]) -> None:
        self._quantities = quantities

    def squared(self, expr: Add) -> Expr | None:
        """The sum with x and q, which have no rounding error in common, in the place of some y."""
        for term in expr.args:
            negative, inner = negated(term)
            for part, total in permutations(flat((inner,)), 2):
                over = self._over_root(part) or self._over_square(part)
                if over is None or not isinstance(total, IndexSum):
                    continue
                others = without(without(flat((inner,)), part), total)
                found = _unnormalized(over, total, self._over_root)
                if found is not None:
                    found = times(*others, found)
                    found = times(S.NegativeOne, found) if negative else found
                    return _factored([found if t is term else t for t in expr.args])
        return None

    def _over_root(self, y: Expr) -> tuple[Expr, Expr] | None:
        """(c x, q) of a quantity y = c x/sqrt(q), for an array x."""
        meaning = unfolded(y, self._quantities) if isinstance(y, Element) else None
        factors = flat((meaning,)) if meaning is not None else []
        for root in factors:
            above = without(factors, root)
            if above and all(isinstance(f, Element) for f in above) and isinstance(root, Pow):
                r, power = root.args
                q = self._squared(r)
                if power == -1 and q is not None:
                    return times(*above), q
                if power == -S.Half:
                    return times(*above), r
        return None

    def _over_square(self, part: Expr) -> tuple[Expr, Expr] | None:
        """(1/r, q) of 1/r^2, for a quantity r = sqrt(q)."""
        r, power = part.args if isinstance(part, Pow) else (part, S.Zero)
        q = self._squared(r) if power == -2 else None
        return None if q is None else (Pow(r, -1), q)

    def _squared(self, r: Expr) -> Expr | None:
        """q of a quantity r = sqrt(q)."""
        meaning = unfolded(r, self._quantities) if isinstance(r, Element) else None
        base, power = meaning.args if isinstance(meaning, Pow) else (r, S.One)
        return base if power == S.Half else None


@lowering
def _unnormalized(
    over: tuple[Expr, Expr], total: IndexSum, over_root: Callable[[Expr], tuple[Expr, Expr] | None]
) -> Expr | None:
    """y_k Σ_j u_j y_j = x_k (Σ_j u_j x_j)/q, where y_k = x_k/sqrt(q); with y_k = 1/q too"""
    x, q = over
    factors = flat((total.body,))
    for other in factors:
        found = over_root(other)
        if found is not None and equal(found[1], q):
            body = times(*without(factors, other), found[0])
            return times(x, times(IndexSum(body, *total.bound), Pow(q, -1)))
    return None


@lowering
def _factored(summands: list[Expr]) -> Expr:
    """c u + c v = c (u + v)"""
    parts = [flat((t,)) for t in summands]
    common = []
    for f in parts[0]:
        if f != -1 and all(f in factors for factors in parts):
            parts = [without(factors, f) for factors in parts]
            common.append(f)
    return times(*common, Add(*(times(*factors) for factors in parts), evaluate=False))
