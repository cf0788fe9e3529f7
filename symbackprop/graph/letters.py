"""Index names for a whole graph: an axis has the same letter wherever it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Basic, Expr

from symbackprop.algebra.letters import MATRIX, VECTOR
from symbackprop.algebra.nodes import Array, Index, Reduction
from symbackprop.algebra.unevaluated import rebuilt


class Letters:
    """Letters by the size of the axis: i over samples and j over features, on every line.

    arrays: those of the graph in order, whose axes get the first letters. taken: names of arrays
    and sizes, which no index gets.
    """

    def __init__(self, arrays: Sequence[Array], taken: frozenset[str]) -> None:
        pool = MATRIX if any(len(a.axes) > 1 for a in arrays) else VECTOR
        self.pool = [c for c in pool if c not in taken]
        self.taken = taken
        self.own: dict[Expr, str] = {}
        for array in arrays:
            for size in array.axes:
                if size not in self.own and len(self.own) < len(self.pool):
                    self.own[size] = self.pool[len(self.own)]

    def put(self, expr: Basic, indices: tuple[Index, ...]) -> Basic:
        """The expression with readable names for its free and bound indices."""
        scope: dict[Index, Index] = {}
        for i in indices:
            scope[i] = self._name(i, scope)
        return self._put(expr, scope)

    def _name(self, i: Index, scope: Mapping[Index, Index]) -> Index:
        used = {j.name for j in scope.values()}
        return Index(next(n for n in self._names(i.size) if n not in used), i.size)

    def _names(self, size: Expr) -> Iterator[str]:
        """The axis's own letter, then those of no axis, then any."""
        if size in self.own:
            yield self.own[size]
        yield from (c for c in self.pool if c not in self.own.values())
        yield from self.pool
        yield from (f"{self.pool[0] if self.pool else 'i'}{n}" for n in range(1, 100))

    def _put(self, expr: Basic, scope: Mapping[Index, Index]) -> Basic:
        if isinstance(expr, Index):
            return scope.get(expr, expr)
        if isinstance(expr, Reduction):
            inner = dict(scope)
            for b in expr.bound:
                inner[b] = self._name(b, inner)
            return expr.func(self._put(expr.body, inner), *(inner[b] for b in expr.bound))
        if not expr.args or isinstance(expr, Array):
            return expr
        return rebuilt(expr, [self._put(a, scope) for a in expr.args])
