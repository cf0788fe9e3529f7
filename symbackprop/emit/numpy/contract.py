"""Contractions: Σ of a product as `@`, as np.sum of one elementwise product, or as np.einsum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Expr, Mul, S

from symbackprop.algebra.nodes import Element, Index, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import rename
from symbackprop.algebra.within import undecided
from symbackprop.emit.numpy.code import Code, call
from symbackprop.emit.numpy.layout import Value
from symbackprop.emit.numpy.product import Products, flat, is_plain
from symbackprop.errors import NotYet

_LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


@dataclass(frozen=True)
class _Group:
    """Factors that are multiplied elementwise, or the result of a contraction of such."""

    factors: tuple[tuple[int, Expr], ...]
    labels: frozenset[Index]
    done: Value | None = None

    @property
    def first(self) -> int:
        return self.factors[0][0]


class Contractions(Products):
    """Adds sums over bound indices to the lowering."""

    def contraction(self, expr: IndexSum) -> Value:
        """The code of Σ_bound body."""
        body, over = expr.body, expr.bound
        if isinstance(body, IndexSum):
            body, over = body.body, (*over, *body.bound)
        factors, over = _collapsed(undecided(flat((body,))), over)
        free = [f for f in factors if not labels_of(f) & set(over)]
        inner = [f for f in factors if labels_of(f) & set(over)]
        used = tuple(b for b in over if any(b in labels_of(f) for f in inner))
        free.extend(_repeated(b) for b in over if b not in used)
        if not used:
            return self.product(free or [S.One])
        if free:
            rest = Mul(*inner, evaluate=False) if len(inner) > 1 else inner[0]
            return self.product([*free, IndexSum(rest, *used)])
        return self._contracted(inner, set(used))

    def _contracted(self, factors: Sequence[Expr], bound: set[Index]) -> Value:
        groups = _merge_equal([_Group(((n, f),), labels_of(f)) for n, f in enumerate(factors)])
        bound = set(bound)
        while True:
            if len(groups) == 1:
                (group,) = groups
                if self._is_dot(group, bound):
                    return self._dot(group)
                return self._total(self._value(group), bound & group.labels)
            groups = [self._summed(g, groups, bound) for g in groups]
            bound = {b for b in bound if any(b in g.labels for g in groups)}
            if not bound:
                return self.elementwise_product([self._value(g) for g in groups])
            groups = _merge_equal(groups)
            step = self._matmul(groups, bound) or self._absorbed(groups, bound)
            if step is None:
                return self._stacks(groups, bound) or self._einsum(groups, bound)
            groups = step

    def elementwise_product(self, values: Sequence[Value]) -> Value:
        """The product of values that are computed already."""
        return self._times(values)

    def _value(self, group: _Group) -> Value:
        if group.done is not None:
            return group.done
        return self.product([f for _, f in sorted(group.factors, key=lambda nf: nf[0])])

    def _is_dot(self, group: _Group, bound: set[Index]) -> bool:
        """Σ_i x_i y_i of two named vectors."""
        if group.done is not None or group.labels != bound or len(bound) != 1:
            return False
        return len(group.factors) == 2 and all(
            isinstance(f, Element) and len(f.array.shape) == 1 for _, f in group.factors
        )

    @lowering
    def _dot(self, group: _Group) -> Value:
        """Σ_i x_i y_i = x @ y."""
        left, right = (self.value(f) for _, f in group.factors)
        return Value(Code("@", (left.code, right.code)))

    def _summed(self, group: _Group, groups: Sequence[_Group], bound: set[Index]) -> _Group:
        """The group summed over bound indices that no other group has."""
        others = frozenset().union(*(g.labels for g in groups if g is not group))
        own = (group.labels & bound) - others
        if not own:
            return group
        return _Group(group.factors, group.labels - own, self._alone(group, own))

    @lowering
    def _alone(self, group: _Group, own: frozenset[Index]) -> Value:
        """Σ_ij x_ij y_j = Σ_j (Σ_i x_ij) y_j."""
        return self._total(self._value(group), own)

    def _total(self, value: Value, bound: Iterable[Index]) -> Value:
        """The sum over indices, of which the value may turn out not to depend on all."""
        absent = [b for b in bound if b not in value.labels]
        total = self.reduced("sum", value, bound)
        return self._times([*(self.value(_repeated(b)) for b in absent), total])

    def _matmul(self, groups: Sequence[_Group], bound: set[Index]) -> list[_Group] | None:
        """One pair of groups that share nothing but a bound index, multiplied with `@`."""
        for place, one in enumerate(groups):
            for two in groups[place + 1 :]:
                shared = one.labels & two.labels
                if len(shared) != 1 or not shared <= bound:
                    continue
                (b,) = shared
                if any(b in g.labels for g in groups if g is not one and g is not two):
                    continue
                if max(len(one.labels), len(two.labels)) > 2 or one.labels == two.labels:
                    continue
                values = self.squeezed(self._value(one)), self.squeezed(self._value(two))
                if any(b not in value.labels for value in values):
                    continue  # what is written with an axis may turn out the same all along it
                rest = [g for g in groups if g is not one and g is not two]
                done = self._matrix_product(*values, b)
                factors = tuple(sorted((*one.factors, *two.factors), key=lambda nf: nf[0]))
                return [_Group(factors, (one.labels | two.labels) - {b}, done), *rest]
        return None

    @lowering
    def _matrix_product(self, one: Value, two: Value, b: Index) -> Value:
        """Σ_j A_ij B_jk = A @ B, its transpose (B^T) @ (A^T)."""
        result = tuple(i for i in (*one.labels, *two.labels) if i != b)
        if len(result) == 2 and self.ranked(result):
            swap = self.ordered(result) != result
        else:
            swap = one.labels[-1] != b or two.labels[0] != b
        if swap:
            one, two = two, one
            result = tuple(i for i in (*one.labels, *two.labels) if i != b)
        left = self.transposed(one, (*(i for i in one.labels if i != b), b))
        right = self.transposed(two, (b, *(i for i in two.labels if i != b)))
        shape = tuple(i.size for i in result)
        return Value(Code("@", (left.code, right.code), shape=shape), result)

    def _stacks(self, groups: Sequence[_Group], bound: set[Index]) -> Value | None:
        """The product of two stacks of matrices, where only last axes need to be exchanged."""
        if len(groups) != 2 or len(bound) != 1:
            return None
        (b,) = bound
        values = [self.squeezed(self._value(g)) for g in sorted(groups, key=lambda g: g.first)]
        found = [
            (swaps, one, two)
            for one, two in (values, values[::-1])
            if (swaps := self._fits(one, two, b)) is not None
        ]
        if not found:
            return None
        _, one, two = min(found, key=lambda f: f[0])
        return self._stacked_product(one, two, b)

    def _fits(self, one: Value, two: Value, b: Index) -> int | None:
        """How many operands of one @ two have to be transposed; None where the axes do not fit."""
        left, right = one.labels, two.labels
        if min(len(left), len(right)) < 2 or b not in left[-2:] or b not in right[-2:]:
            return None
        result = _stacked(left, right, b)
        alike = left[:-2] == right[:-2] or not (left[:-2] and right[:-2])
        if not alike or len(set(result)) < len(result):
            return None
        if self.ranked(result) and self.ordered(result) != result:
            return None
        return (left[-1] != b) + (right[-2] != b)

    @lowering
    def _stacked_product(self, one: Value, two: Value, b: Index) -> Value:
        """Σ_j A_nij B_njk = A @ B, for a stack of matrices; B_jk may be one matrix for all."""
        result = _stacked(one.labels, two.labels, b)
        left = one if one.labels[-1] == b else self._exchanged(one)
        right = two if two.labels[-2] == b else self._exchanged(two)
        shape = tuple(i.size for i in result)
        return Value(Code("@", (left.code, right.code), shape=shape), result)

    def _exchanged(self, value: Value) -> Value:
        """The same with its last two axes exchanged."""
        *stack, i, j = value.labels
        if not stack:
            return self.transposed(value, (j, i))
        shape = tuple(k.size for k in (*stack, j, i))
        code = call(f"{self.np}.swapaxes", value.code, shape=shape, after="-1, -2")
        return Value(code, (*stack, j, i))

    def _absorbed(self, groups: Sequence[_Group], bound: set[Index]) -> list[_Group] | None:
        """Multiply one group elementwise into a group that has all of its labels."""
        for small in sorted(groups, key=lambda g: len(g.labels)):
            hosts = [g for g in groups if g is not small and small.labels <= g.labels]
            if not hosts:
                continue
            host = min(hosts, key=lambda g: len(g.labels))
            rest = [g for g in groups if g is not small and g is not host]
            return [self._joined(small, host), *rest]
        return None

    @lowering
    def _joined(self, small: _Group, host: _Group) -> _Group:
        """Σ_ij x_j y_ij z_ij = Σ_ij (x_j y_ij z_ij): one elementwise product."""
        factors = tuple(sorted((*small.factors, *host.factors), key=lambda nf: nf[0]))
        if small.done is None and host.done is None:
            return _Group(factors, host.labels)
        pair = sorted((small, host), key=lambda g: g.first)
        done = self.elementwise_product([self._value(g) for g in pair])
        return _Group(factors, host.labels, done)

    @lowering
    def _einsum(self, groups: Sequence[_Group], bound: set[Index]) -> Value:
        """Σ_jm x_ijm y_jkm z_m = einsum("ijm,jkm,m->ik", x, y, z)."""
        values = [self.squeezed(self._value(g)) for g in sorted(groups, key=lambda g: g.first)]
        letters: dict[Index, str] = {}
        for value in values:
            for index in value.labels:
                letters.setdefault(index, _letter(len(letters)))
        result = self.ordered(i for i in letters if i not in bound)
        spec = ",".join("".join(letters[i] for i in v.labels) for v in values)
        absent = [self.value(_repeated(b)) for b in bound if b not in letters]
        spec = f'"{spec}->{"".join(letters[i] for i in result)}"'
        after = "optimize=True" if len(values) > 2 else ""
        shape = tuple(i.size for i in result)
        codes = [v.code for v in values]
        code = call(f"{self.np}.einsum", *codes, shape=shape, before=spec, after=after)
        return self._times([*absent, Value(code, result)])


def _stacked(left: Sequence[Index], right: Sequence[Index], b: Index) -> tuple[Index, ...]:
    """The labels of a product of stacks of matrices, summed over b."""
    kept = [next(i for i in labels[-2:] if i != b) for labels in (left, right)]
    return (*(left[:-2] or right[:-2]), *kept)


def labels_of(expr: Expr) -> frozenset[Index]:
    """The free indices of an expression."""
    return frozenset(s for s in expr.free_symbols if isinstance(s, Index))


@lowering
def _repeated(bound: Index) -> Expr:
    """Σ_j x = n x, where x does not depend on j and n is the length of its axis."""
    return bound.size


def _letter(place: int) -> str:
    if place >= len(_LETTERS):
        raise NotYet(f"a contraction with more than {len(_LETTERS)} indices has no NumPy form")
    return _LETTERS[place]


def _collapsed(
    factors: list[Expr], bound: tuple[Index, ...]
) -> tuple[list[Expr], tuple[Index, ...]]:
    """The factors and bound indices left when the deltas under a sum are gone."""
    for delta in factors:
        if is_plain(delta):
            i, j = delta.indices
            gone, kept = (i, j) if i in bound else (j, i)
            if gone in bound:
                rest = [_renamed(f, gone, kept) for f in factors if f is not delta]
                return _collapsed(rest, tuple(b for b in bound if b != gone))
    return factors, bound


@lowering
def _renamed(factor: Expr, gone: Index, kept: Index) -> Expr:
    """Σ_j δ_jk f_j = f_k."""
    found: Expr = rename(factor, {gone: kept})
    return found


def _merge_equal(groups: Iterable[_Group]) -> list[_Group]:
    """Groups with the same labels are one elementwise product."""
    merged: dict[object, _Group] = {}
    for group in groups:
        key: object = group.labels if group.done is None else group
        found = merged.get(key)
        if found is None:
            merged[key] = group
        else:
            merged[key] = _Group((*found.factors, *group.factors), group.labels)
    return list(merged.values())
