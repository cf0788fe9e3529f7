"""Deltas with labels and steps: values added at positions, without an array of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Mul, S
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    StrictGreaterThan,
    StrictLessThan,
)

from symbackprop.algebra.nodes import Delta, Index, IndexSum, Iverson
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.subscripts import at_least, canonical, indices_of
from symbackprop.algebra.trees import rename
from symbackprop.algebra.within import counts, undecided
from symbackprop.emit.numpy.code import Code, atom, call, operate
from symbackprop.emit.numpy.contract import Contractions, labels_of
from symbackprop.emit.numpy.layout import Value
from symbackprop.emit.numpy.overlaps import Overlap, overlap
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.ranges import joined_ranges

ADDED_AT = "added_at"
OVERLAP_ADDED = "overlap_added"
SUMS_BEFORE = "sums_before"


class Scatters(Contractions):
    """Adds values that are put at positions to the lowering."""

    def contraction(self, expr: IndexSum) -> Value:
        """The code of Σ_bound body."""
        body, over = expr.body, expr.bound
        if isinstance(body, IndexSum):
            body, over = body.body, (*over, *body.bound)
        factors = undecided(flat((body,)))
        for factor in factors:
            rest = [f for f in factors if f is not factor]
            found = _prefix(factor, rest, over)
            if found is not None:
                return self._cumulated(rest, over, *found)
            if isinstance(factor, Delta):
                j, u = factor.indices
                if isinstance(j, Index) and j not in over and indices_of(u) & set(over) and (
                    not isinstance(u, Index)
                ):
                    moved = [rename(f, {j: u}) for f in rest]
                    return self._summed_at(j, u, moved or [S.One], over)
        windows = overlap(factors, over)
        if windows is not None:
            return self._overlap_added(windows, over)
        return super().contraction(expr)

    @lowering
    def _overlap_added(self, found: Overlap, over: Sequence[Index]) -> Value:
        """Σ_i [i <= k <= i + w - 1] f_ki: each f_(i+l-1),i is added at k = i + l - 1"""
        product = Mul(*(found.factors or (S.One,)), evaluate=False)
        outer = [b for b in over if b != found.i]
        self.stands_for(found.l, found.k)
        value = self.squeezed(self.value(IndexSum(product, *outer) if outer else product))
        labels = (*(b for b in (found.l, found.i) if b not in value.labels), *value.labels)
        code, sizes = value.code, tuple(b.size for b in labels)
        if labels != value.labels:
            text = self.size_tuple(sizes)
            code = call(f"{self.np}.broadcast_to", code, shape=sizes, after=text)
        one, two = sorted(map(labels.index, (found.l, found.i)))
        layout = tuple(found.k if n == one else b for n, b in enumerate(labels) if n != two)
        shape, after = tuple(b.size for b in layout), f"{one}, {two}"
        return Value(call(self.helper(OVERLAP_ADDED), code, shape=shape, after=after), layout)

    @lowering
    def _cumulated(
        self, factors: Sequence[Expr], over: Sequence[Index], b: Index, i: Index, back: bool,
        strict: bool,
    ) -> Value:  # fmt: skip
        """Σ_j [j <= i] f_j = np.cumsum(f), of f behind a 0 for [j < i]; for j >= i, f backwards"""
        product = Mul(*factors, evaluate=False) if len(factors) > 1 else factors[0]
        outer = [o for o in over if o != b]
        self.stands_for(b, i)
        value = self.squeezed(self.value(IndexSum(product, *outer) if outer else product))
        axis = value.layout.index(b)
        shape = value.code.shape
        one = len(value.layout) == 1
        turned = f"[{', '.join([*[':'] * axis, '::-1'])}]"
        code = value.code
        if back:
            code = Code("suffix", (code,), turned, shape=shape)
        if strict:
            code = call(self.helper(SUMS_BEFORE), code, shape=shape, after=str(axis))
        else:
            code = call(f"{self.np}.cumsum", code, shape=shape, after="" if one else f"axis={axis}")
        if back:
            code = Code("suffix", (code,), turned, shape=shape)
        return Value(code, tuple(i if k == b else k for k in value.layout))

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
        if not _is_inside(u, j):
            value, place = self._only_inside(value, place, j)
        shared = place.labels
        others = [i for i in value.labels if i not in shared]
        paired = [i for i in shared if i not in bound]
        result = (j, *paired, *others)
        wanted = self.ordered(result)
        last = not paired and others and wanted[-1] == j
        if last:
            result = (*wanted[:-1], j)
            others = list(wanted[:-1])
        sizes = tuple(i.size for i in result)
        zeros = call(f"{self.np}.zeros", shape=sizes, after=self.size_tuple(sizes) + (
            f", dtype={self.dtype}" if self.dtype else ""))
        target = (*others, *shared) if last else (*shared, *others)
        at = [atom("..."), place.code] if last else [self.aligned(place, shared)]
        at += [self.aligned(self.position(i), shared) for i in paired]
        return Value(self._added(zeros, at, self.aligned(value, target), sizes), result)

    @lowering
    def _only_inside(self, value: Value, place: Value, j: Index) -> tuple[Value, Value]:
        """δ(j, u) f is 0 where u is no position of j: f counts as 0 there, and u is clipped"""
        first, size = atom("0"), self.value(j.size).code
        mask = self.elementwise(
            lambda u: operate("&", operate(">=", u, first), operate("<", u, size)), [place]
        )
        kept = self.elementwise(
            lambda m, v: call(
                f"{self.np}.where", m, v, shape=operate("*", m, v).shape, after="0.0"
            ), [mask, value],
        )  # fmt: skip
        after = f"0, {self.value(canonical(j.size - 1)).code}"
        code = call(f"{self.np}.clip", place.code, shape=place.code.shape, after=after)
        return kept, Value(code, place.layout)

    def _added(
        self, whole: Code, at: Sequence[Code], values: Code, shape: tuple[Expr, ...]
    ) -> Code:
        places = at[0] if len(at) == 1 else Code("tuple", tuple(at))
        return call(self.helper(ADDED_AT), whole, places, values, shape=shape)

    def blocks(self, terms: Sequence[Expr]) -> Value | None:
        """A sum of terms on ranges of one index that make up its axis; None for other sums."""
        parts: list[tuple[Expr, Expr, Expr]] = []
        index: Index | None = None
        for term in terms:
            negative, positive = negated(term)
            factors = flat((positive,))
            brackets = [f for f in factors if isinstance(f, Iverson) or _is_place(f)]
            conditions = [f.condition if isinstance(f, Iverson) else Equality(*f.args)
                          for f in brackets]  # fmt: skip
            ranges, others = joined_ranges(conditions, self.facts)
            if len(ranges) != 1 or others or (index or ranges[0][0]) != ranges[0][0]:
                return None
            index, first, last = ranges[0]
            rest = [f for f in factors if f not in brackets]
            if negative:
                rest.insert(0, S.NegativeOne)
            product = Mul(*rest, evaluate=False) if len(rest) > 1 else [*rest, S.One][0]
            parts.append((first, last, product))
        return None if index is None else self.parts_in_order(index, parts)

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


def _is_inside(u: Expr, j: Index) -> bool:
    """Whether a position is within the axis of an index: NumPy would count others from the end."""
    return at_least(u, S.One) is True and at_least(j.size, u) is True


def _is_place(factor: Expr) -> bool:
    """Whether a factor is δ(k, 2), for one place of an axis."""
    return isinstance(factor, Delta) and any(not indices_of(u) for u in factor.indices)


def _prefix(
    factor: Expr, rest: Sequence[Expr], over: Sequence[Index]
) -> tuple[Index, Index, bool, bool] | None:
    """(j, i, back, strict) for a factor of a sum over j: back for [j >= i], strict for [j < i]."""
    if not isinstance(factor, Iverson) or not counts(factor.condition):
        return None
    left, right = factor.condition.args
    strict = isinstance(factor.condition, StrictGreaterThan | StrictLessThan)
    if not strict and not isinstance(factor.condition, GreaterThan | LessThan):
        return None
    if isinstance(factor.condition, LessThan | StrictLessThan):
        left, right = right, left
    if not (isinstance(left, Index) and isinstance(right, Index) and left.size == right.size):
        return None
    b, i, back = (left, right, True) if left in over else (right, left, False)
    labels = frozenset().union(*(labels_of(f) for f in rest)) if rest else frozenset()
    if b not in over or i in over or b not in labels or i in labels:
        return None
    return b, i, back, strict


def _at_position(term: Expr) -> tuple[Index, Expr, Expr] | None:
    """(j, u, f) for a term δ(j, u) f with a subscript u that is no index."""
    negative, positive = negated(term)
    factors = flat((positive,))
    for factor in factors:
        if isinstance(factor, Delta):
            j, u = factor.indices
            if not isinstance(j, Index) or isinstance(u, Index):
                continue
            if indices_of(u) and _is_inside(u, j):
                rest = [rename(f, {j: u}) for f in factors if f is not factor]
                if negative:
                    rest.insert(0, S.NegativeOne)
                product = Mul(*rest, evaluate=False) if len(rest) > 1 else [*rest, S.One][0]
                return j, u, product
    return None

