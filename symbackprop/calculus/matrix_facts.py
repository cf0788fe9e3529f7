"""Facts of square matrices: declared and discovered symmetry, and A⁻¹ A = I."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from symbackprop.algebra.matrices import Inverse
from symbackprop.algebra.nodes import Array, Delta, Element, Index, MatrixFunction
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import (
    ONE,
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    atom,
    atom_free,
    mono,
    poly_key,
)
from symbackprop.algebra.powers import power
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import opened, rename, sum_over
from symbackprop.calculus.result import Fact

_SWAPS = 6  # elements of symmetric matrices in one sum whose orders are all tried


def symmetric_array(a: Assumption) -> Array | None:
    """The array A of a declared equation A == A.T, None for another equation."""
    left, right = a.left, a.right
    if a.kind != "==" or not (isinstance(left, Element) and isinstance(right, Element)):
        return None
    if left.array != right.array or len(left.indices) < 2 or left == right:
        return None
    return left.array if right.indices == _swapped(left.indices) else None


def _swapped(indices: tuple[Index, ...]) -> tuple[Index, ...]:
    return (*indices[:-2], indices[-1], indices[-2])


@dataclass
class MatrixFacts:
    """What holds of the square matrices of a program.

    definitions: each definition in normal form. `_symmetric` holds, for each array that was asked
    about, the facts that its symmetry rests on, or None where it is not known to be symmetric.
    """

    assumptions: Iterable[Assumption]
    definitions: Mapping[Array, tuple[tuple[Index, ...], Poly]]
    _symmetric: dict[Array, tuple[Fact, ...] | None] = field(default_factory=dict)
    _inverses: dict[Array, Array] = field(default_factory=dict)  # of what each one is the inverse

    def __post_init__(self) -> None:
        arguments: dict[Array, None] = {}
        for a in self.assumptions:
            array = symmetric_array(a)
            if array is not None:
                self._symmetric[array] = (Fact(a.left, a.right, a.text, True),)
        for array, (_, f) in self.definitions.items():
            for function in (a for a in f.atoms() if isinstance(a, MatrixFunction)):
                arguments[function.argument.array] = None
                if isinstance(function, Inverse):
                    self._inverses[array] = function.argument.array
        for array in (*arguments, *self._inverses):
            self._find(array)
        self._known = {a for a, facts in self._symmetric.items() if facts is not None}

    def _find(self, array: Array) -> tuple[Fact, ...] | None:
        """The facts that the symmetry of an array rests on, None where it is not known."""
        if array not in self._symmetric:
            self._symmetric[array] = None
            self._known = {a for a, facts in self._symmetric.items() if facts is not None}
            self._symmetric[array] = self._discovered(array)
        return self._symmetric[array]

    def _discovered(self, array: Array) -> tuple[Fact, ...] | None:
        if array not in self.definitions:
            return None
        indices, f = self.definitions[array]
        used: tuple[Fact, ...] | None
        if array in self._inverses:
            used = self._find(self._inverses[array])
        else:
            *_, i, j = indices
            one, first = self.apply(f)
            two, second = self.apply(rename(f, {i: j, j: i}))
            used = (*first, *second) if one == two else None
        if used is None:
            return None
        left, right = array[indices], array[_swapped(indices)]
        return (*used, Fact(left, right, f"{array.name} == {array.name}.T", False))

    @property
    def inverses(self) -> frozenset[Array]:
        """The definitions that are inverses."""
        return frozenset(self._inverses)

    def apply(self, p: Poly) -> tuple[Poly, tuple[Fact, ...]]:
        """p with every fact used, and the facts that were used."""
        if not (self._known or self._inverses):
            return p, ()
        used: dict[Fact, None] = {}
        kinds = {*self._known, *self._inverses}

        def replace(a: Atom) -> Poly | None:
            if isinstance(a, Node) and a.head == "sum":
                return self._sum(a, used)
            if isinstance(a, Element) and a.array in self._known:
                i, j = a.indices[-2:]
                return self._swap(a, used) if _order(j) < _order(i) else atom(a)
            return None

        return substitute(p, replace, only={*kinds, "sum"}), tuple(used)

    def _swap(self, a: Element, used: dict[Fact, None]) -> Poly:
        used.update((fact, None) for fact in self._symmetric[a.array] or ())
        return transposed_element(a)

    def _sum(self, node: Node, used: dict[Fact, None]) -> Poly | None:
        """A sum with the order of indices, of all that are equal, that comes first."""
        if node.kinds.isdisjoint({*self._known, *self._inverses}):
            return atom(node)
        body, bound = opened(node)
        found: dict[Fact, None] = {}
        inner, more = self.apply(body) if any(
            isinstance(a, Node) for a in body.atoms()) else (body, ())
        found.update((fact, None) for fact in more)
        single = inner.single()
        ordered = None if single is None else self._ordered(*single, bound, found)
        result = sum_over(inner, bound) if ordered is None else ordered
        if result == atom(node):
            return result
        used.update(found)
        return result

    def _ordered(
        self, m: Monomial, c: Number, bound: tuple[Index, ...], used: dict[Fact, None]
    ) -> Poly:
        gone = self._cancelled(m, bound, used)
        if gone is not None:
            rest, k = gone
            return sum_over(rest.scale(c), tuple(b for b in bound if b != k))
        turning = [a for a, _ in m if isinstance(a, Element) and a.array in self._known
                   and a.indices[-1] != a.indices[-2]][:_SWAPS]  # fmt: skip
        key, swapped = poly_key(sum_over(mono(m, c), bound)), set[Element]()
        for choice in product((False, True), repeat=len(turning)):
            turned = {a for a, swap in zip(turning, choice, strict=True) if swap}
            other = ((_turned(a) if a in turned else a, e) for a, e in m)
            candidate = poly_key(sum_over(mono(other, c), bound))
            if candidate < key:
                key, swapped = candidate, turned
        result = mono(((a, e) for a, e in m if a not in swapped), c)
        for a, e in m:
            if a in swapped and isinstance(a, Element):
                result = result * power(self._swap(a, used), e)
        return sum_over(result, bound)

    def _cancelled(
        self, m: Monomial, bound: tuple[Index, ...], used: dict[Fact, None]
    ) -> tuple[Poly, Index] | None:
        """The product with a delta for an inverse times its matrix, and the index that is gone."""
        for z, e in m:
            if not isinstance(z, Element) or z.array not in self._inverses or e != 1:
                continue
            for k in bound:
                others = [(a, d) for a, d in m if a != z and k in atom_free(a)]
                if k not in z.indices[-2:] or len(others) != 1 or others[0][1] != 1:
                    continue
                a = others[0][0]
                rest = mono(m - {(z, e), (a, 1)})
                if isinstance(a, Element) and a.array == self._inverses[z.array]:
                    ends = self._ends(z, a, k, used)
                    if ends is not None:
                        return inverse_times_matrix(rest, *ends), k
        return None

    def _ends(
        self, z: Element, a: Element, k: Index, used: dict[Fact, None]
    ) -> tuple[Index, Index] | None:
        """i and j where the two elements are (A⁻¹)_ik A_kj or A_ik (A⁻¹)_kj, or are by symmetry."""
        if z.indices[:-2] != a.indices[:-2] or z.indices.count(k) != 1 or a.indices.count(k) != 1:
            return None
        (i,), (j,) = ([x for x in e.indices[-2:] if x != k] for e in (z, a))
        if z.indices.index(k) == a.indices.index(k):
            facts = self._symmetric.get(a.array)
            if facts is None:
                return None
            used.update((fact, None) for fact in facts)
        return i, j


def _turned(a: Atom) -> Element:
    assert isinstance(a, Element)
    return a.array[_swapped(a.indices)]


def _order(i: Index) -> tuple[int, str]:
    """Fresh indices in the order in which they were made."""
    return len(i.name), i.name


@law
def transposed_element(a: Element) -> Poly:
    """A_ij = A_ji, where A = Aᵀ"""
    return atom(_turned(a))


@law
def inverse_times_matrix(rest: Poly, i: Index, j: Index) -> Poly:
    """Σ_k (A⁻¹)_ik A_kj f = δ_ij f, and so for A A⁻¹"""
    return rest * (ONE if i == j else atom(Delta(i, j)))
