"""A difference of two sums over the same examples as one sum, of differences that keep digits.

Σ_i c_i y_i - Σ_i c_i t_i = Σ_i c_i (y_i - t_i)

for a quantity y and data t: of y - t there are forms that subtract nothing (see `exact`,
`sigmoids`, `whole`), of the two sums there are none.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import permutations

from sympy import Add, Basic, Expr, S

from symbackprop.algebra.nodes import Array, Element, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import plus, renamed, times
from symbackprop.emit.numpy.forms import Forms, less
from symbackprop.emit.numpy.product import flat, negated


class Gathered(Forms):
    """Writes expressions so. quantities: of the forward pass; data: its inputs."""

    def __init__(self, quantities: Collection[Array], data: Collection[Array]) -> None:
        super().__init__()
        self._quantities, self._data = quantities, data

    def form(self, expr: Basic) -> Expr | None:
        """The form of a sum with two such sums in it; None for others."""
        for one, two in permutations(expr.args, 2) if isinstance(expr, Add) else ():
            (first, a), (second, b) = negated(one), negated(two)
            if first == second or not (isinstance(a, IndexSum) and isinstance(b, IndexSum)):
                continue
            found = self._gathered(a, b)
            if found is not None:
                rest = without(without(expr.args, one), two)
                return plus(times(S.NegativeOne, found) if first else found, *map(self.of, rest))
        return None

    def _gathered(self, a: IndexSum, b: IndexSum) -> Expr | None:
        if [i.size for i in a.bound] != [i.size for i in b.bound]:
            return None
        ours = flat((a.body,))
        theirs = flat((renamed(b.body, dict(zip(b.bound, a.bound, strict=True))),))
        for y in ours:
            for t in theirs:
                alike = sorted(without(ours, y), key=str) == sorted(without(theirs, t), key=str)
                if alike and self._is(y, self._quantities) and self._is(t, self._data):
                    return _as_one(without(ours, y), y, t, a)
        return None

    def _is(self, f: Expr, arrays: Collection[Array]) -> bool:
        return isinstance(f, Element) and f.array in arrays


@lowering
def _as_one(others: list[Expr], y: Expr, t: Expr, total: IndexSum) -> Expr:
    """Σ_i c_i y_i - Σ_i c_i t_i = Σ_i c_i (y_i - t_i)"""
    return IndexSum(times(*others, less(y, t)), *total.bound)
