"""A difference of two sums over the same examples as one sum, of differences that keep digits.

Σ_i c_i y_i - Σ_i c_i t_i   = Σ_i c_i (y_i - t_i)
Σ_i c_i y_i - Σ_i c_i y_i^2 = Σ_i c_i y_i (1 - y_i)

for a quantity y and data t: of y - t and 1 - y there are forms that subtract nothing (see `exact`,
`sigmoids`, `whole`), of the two sums there are none. A sum may have a name of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from itertools import permutations, product

from sympy import Add, Basic, Expr, S

from symbackprop.algebra.nodes import Array, Element, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, plus, renamed, times, unfolded
from symbackprop.emit.numpy.forms import Forms, equal, less
from symbackprop.emit.numpy.product import flat, negated


class Gathered(Forms):
    """Writes expressions so. quantities: what is assigned to them; data: the inputs."""

    def __init__(self, quantities: Mapping[Array, Assigned], data: Collection[Array]) -> None:
        super().__init__()
        self._quantities, self._data = quantities, data

    def form(self, expr: Basic) -> Expr | None:
        """The form of a sum with two such sums in it; None for others."""
        for one, two in permutations(expr.args, 2) if isinstance(expr, Add) else ():
            (first, a), (second, b) = self._signed(one), self._signed(two)
            if first == second or not (isinstance(a, IndexSum) and isinstance(b, IndexSum)):
                continue
            found = self._gathered(a, b)
            if found is not None:
                rest = without(without(expr.args, one), two)
                return plus(times(S.NegativeOne, found) if first else found, *map(self.of, rest))
        return None

    def _signed(self, term: Expr) -> tuple[bool, Expr]:
        """(True, -term) where a sign can be taken out, and the sum that a name stands for."""
        negative, inner = negated(term)
        meaning = unfolded(inner, self._quantities) if isinstance(inner, Element) else None
        return negative, meaning if isinstance(meaning, IndexSum) else inner

    def _gathered(self, a: IndexSum, b: IndexSum) -> Expr | None:
        if [i.size for i in a.bound] != [i.size for i in b.bound]:
            return None
        ours = flat((a.body,))
        theirs = flat((renamed(b.body, dict(zip(b.bound, a.bound, strict=True))),))
        for y, t in product(ours, theirs):
            others = without(ours, y)
            alike = sorted(others, key=str) == sorted(without(theirs, t), key=str)
            if alike and self._is(y, self._quantities):
                if self._is(t, self._data):
                    return _as_one(others, y, t, a)
                if equal(t, times(y, y)):
                    return _less_squares(others, y, a)
        return None

    def _is(self, f: Expr, arrays: Container[Array]) -> bool:
        return isinstance(f, Element) and f.array in arrays


@lowering
def _as_one(others: list[Expr], y: Expr, t: Expr, total: IndexSum) -> Expr:
    """Σ_i c_i y_i - Σ_i c_i t_i = Σ_i c_i (y_i - t_i)"""
    return IndexSum(times(*others, less(y, t)), *total.bound)


@lowering
def _less_squares(others: list[Expr], y: Expr, total: IndexSum) -> Expr:
    """Σ_i c_i y_i - Σ_i c_i y_i^2 = Σ_i c_i y_i (1 - y_i)"""
    return IndexSum(times(*others, y, less(S.One, y)), *total.bound)
