"""Deltas with labels and steps: values added at positions, without an array of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Mul, S

from symbackprop.algebra.nodes import Delta, Index, IndexSum, rename
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.subscripts import indices_of
from symbackprop.emit.numpy.code import Code, call
from symbackprop.emit.numpy.contract import Contractions
from symbackprop.emit.numpy.layout import Value
from symbackprop.emit.numpy.product import flat, negated

ADDED_AT = "added_at"


class Scatters(Contractions):
    """Adds values that are put at positions to the lowering."""

    def contraction(self, expr: IndexSum) -> Value:
        """The code of Σ_bound body."""
        body, over = expr.body, expr.bound
        if isinstance(body, IndexSum):
            body, over = body.body, (*over, *body.bound)
        factors = flat((body,))
        for factor in factors:
            if isinstance(factor, Delta):
                j, u = factor.indices
                if isinstance(j, Index) and j not in over and indices_of(u) & set(over) and (
                    not isinstance(u, Index)
                ):
                    rest = [rename(f, {j: u}) for f in factors if f is not factor]
                    return self._summed_at(j, u, rest or [S.One], over)
        return super().contraction(expr)

    def _summed_at(
        self, j: Index, u: Expr, factors: Sequence[Expr], over: Sequence[Index]
    ) -> Value:
        """Σ δ(j, u) f: f summed over the indices that u has not, and put at the positions u."""
        product = Mul(*factors, evaluate=False) if len(factors) > 1 else factors[0]
        within = indices_of(u)
        outer = [b for b in over if b not in within]
        value = self.value(IndexSum(product, *outer) if outer else product)
        return self._zeros_with(j, u, value, frozenset(over))

    @lowering
    def _zeros_with(self, j: Index, u: Expr, value: Value, bound: frozenset[Index]) -> Value:
        """Σ_n δ(j, u_n) f_n: to zeros over j the values f_n are added at the positions u_n"""
        place = self.position(u)
        shared = place.labels
        others = [i for i in value.labels if i not in shared]
        paired = [i for i in shared if i not in bound]
        result = (j, *paired, *others)
        sizes = tuple(i.size for i in result)
        zeros = call(f"{self.np}.zeros", shape=sizes, after=self.size_tuple(sizes) + (
            f", dtype={self.dtype}" if self.dtype else ""))
        target = (*shared, *others)
        at = [self.aligned(place, shared)]
        at += [self.aligned(self.position(i), shared) for i in paired]
        return Value(self._added(zeros, at, self.aligned(value, target), sizes), result)

    def _added(
        self, whole: Code, at: Sequence[Code], values: Code, shape: tuple[Expr, ...]
    ) -> Code:
        places = at[0] if len(at) == 1 else Code("tuple", tuple(at))
        return call(self.helper(ADDED_AT), whole, places, values, shape=shape)

    def sum_with_labels(self, terms: Sequence[Expr]) -> Value | None:
        """A sum of terms, those with δ(j, u) added to the others at positions; None without any.

        It is for free indices: of each place in the rest at most one is changed.
        """
        plain: list[Expr] = []
        special: list[tuple[Index, Expr, Expr]] = []
        for term in terms:
            found = _at_position(term)
            if found is None:
                plain.append(term)
            else:
                special.append(found)
        if not special or not plain:
            return None
        rest = self.value(Add(*plain, evaluate=False) if len(plain) > 1 else plain[0])
        for j, u, factor in special:
            if j not in rest.labels or not indices_of(u) <= set(rest.labels) or None in rest.layout:
                return None
            if not indices_of(factor) <= set(rest.labels) or j in indices_of(factor):
                return None
        for j, u, factor in special:
            rest = self._changed_at(rest, j, u, factor)
        return rest

    @lowering
    def _changed_at(self, rest: Value, j: Index, u: Expr, factor: Expr) -> Value:
        """r_nj + δ(j, u_n) f_n: to r the values f_n are added at the positions (n, u_n)"""
        labels = rest.labels
        within = indices_of(u)
        last = max(p for p, i in enumerate(labels) if i == j or i in within)
        common = tuple(i for i in labels[: last + 1] if i != j)
        at = [self.aligned(self.position(u if i == j else i), common)
              for i in labels[: last + 1]]
        value = self.value(factor)
        target = (*common, *labels[last + 1 :])
        code = self.aligned(value, target) if value.layout else value.code
        return Value(self._added(rest.code, at, code, rest.code.shape), rest.layout)


def _at_position(term: Expr) -> tuple[Index, Expr, Expr] | None:
    """(j, u, f) for a term δ(j, u) f with a subscript u that is no index."""
    negative, positive = negated(term)
    factors = flat((positive,))
    for factor in factors:
        if isinstance(factor, Delta):
            j, u = factor.indices
            if isinstance(j, Index) and not isinstance(u, Index) and indices_of(u):
                rest = [rename(f, {j: u}) for f in factors if f is not factor]
                if negative:
                    rest.insert(0, S.NegativeOne)
                product = Mul(*rest, evaluate=False) if len(rest) > 1 else [*rest, S.One][0]
                return j, u, product
    return None

