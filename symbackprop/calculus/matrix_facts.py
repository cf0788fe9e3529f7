"""Facts of square matrices: declared and discovered symmetry, and A⁻¹ A = I."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from sympy import Expr, Gt, Mul, S

from symbackprop.algebra.matrices import Cholesky, Inverse
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexSum,
    Iverson,
    MatrixFunction,
    fresh_index,
)
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import (
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    atom,
    atom_free,
    deep_atoms,
    mono,
    poly_key,
)
from symbackprop.algebra.positions import equal_positions
from symbackprop.algebra.powers import power
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import opened, rename, sum_over
from symbackprop.algebra.triangles import side_of_diagonal
from symbackprop.calculus.result import Fact
from symbackprop.errors import NotYet

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
    _known: set[Array] = field(default_factory=set)  # those of them that are symmetric
    _inverses: dict[Array, Array] = field(default_factory=dict)  # of what each one is the inverse
    _identities: dict[Array, Fact] = field(default_factory=dict)  # A⁻¹ A = I, of each inverse
    _lower: set[Array] = field(default_factory=set)  # Cholesky factors and their inverses

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
        self._known.update(self._symmetric)
        for array in (*arguments, *self._inverses):
            self._find(array)
        for array, (_, f) in self.definitions.items():
            for factor in (a for a in f.atoms() if isinstance(a, Cholesky)):
                if self._find(factor.argument.array) is None:
                    name = factor.argument.array.name
                    raise NotYet(
                        f"np.linalg.cholesky({name}): it is not known that {name} is symmetric; "
                        f'declare "{name} == {name}.T" if it is'
                    )
                self._lower.add(array)
        self._lower |= {z for z, a in self._inverses.items() if a in self._lower}

    def _find(self, array: Array) -> tuple[Fact, ...] | None:
        """The facts that the symmetry of an array rests on, None where it is not known."""
        if array not in self._symmetric:
            self._symmetric[array] = None
            self._note(array, self._discovered(array))
        return self._symmetric[array]

    def learn(self, array: Array, indices: tuple[Index, ...], value: Poly) -> None:
        """Note whether an array that has this value, such as a gradient, is symmetric."""
        if len(indices) > 1 and indices[-1].size == indices[-2].size:
            self._note(array, self._facts_of_symmetry(array, indices, value))

    def _note(self, array: Array, facts: tuple[Fact, ...] | None) -> None:
        """Whether an array is symmetric, and what that rests on."""
        self._symmetric[array] = facts
        if facts is not None:
            self._known.add(array)

    def _discovered(self, array: Array) -> tuple[Fact, ...] | None:
        if array not in self.definitions:
            return None
        indices, f = self.definitions[array]
        if array in self._inverses:
            used = self._find(self._inverses[array])
            return None if used is None else (*used, _fact_of_symmetry(array, indices))
        for a in deep_atoms(f):
            if isinstance(a, Element) and a.array.axes[-2:] == array.axes[-2:]:
                self._find(a.array)
        return self._facts_of_symmetry(array, indices, f)

    def _facts_of_symmetry(
        self, array: Array, indices: tuple[Index, ...], value: Poly
    ) -> tuple[Fact, ...] | None:
        """What it rests on that the value is its own transpose; None where it is not known."""
        *_, i, j = indices
        one, first = self.apply(value)
        two, second = self.apply(rename(value, {i: j, j: i}))
        return (*first, *second, _fact_of_symmetry(array, indices)) if one == two else None

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

        p = substitute(p, replace, only={*kinds, "sum"})
        p = self._without_upper(p, used) if self._lower else p
        return p, tuple(sorted(used, key=lambda fact: fact.text))

    def _without_upper(self, p: Poly, used: dict[Fact, None]) -> Poly:
        """p less the terms with a factor of a lower triangular matrix that is 0."""
        for m, c in p.terms.items():
            sides = {side_of_diagonal(a) for a, _ in m}
            for a, _ in m if sides != {None} else ():
                if isinstance(a, Element) and a.array in self._lower and (
                    _swapped(a.indices)[-2:] in sides
                ):
                    used[self._triangular(a.array)] = None
                    p = p - mono(m, c) + above_the_diagonal(mono(m - {(a, 1)}, c))
                    break
        return p

    def _triangular(self, array: Array) -> Fact:
        """L_ij [j > i] = 0"""
        indices, _ = self.definitions[array]
        above = Iverson(Gt(*_swapped(indices)[-2:], evaluate=False))
        left = Mul(array[indices], above, evaluate=False)
        return Fact(left, S.Zero, f"{array.name} == tril({array.name})", False)

    def _identity(self, inverse: Array) -> Fact:
        """Σ_k (A⁻¹)_ik A_kj = δ_ij"""
        if inverse not in self._identities:
            matrix, (indices, _) = self._inverses[inverse], self.definitions[inverse]
            *lead, i, j = indices
            k = fresh_index(i.size)
            product_ = Mul(inverse[(*lead, i, k)], matrix[(*lead, k, j)], evaluate=False)
            text = f"{inverse.name} @ {matrix.name} == eye"
            self._identities[inverse] = Fact(IndexSum(product_, k), Delta(i, j), text, False)
        return self._identities[inverse]

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
        if self._lower:
            inner = self._without_upper(inner, found)
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
        first = sum_over(mono(m, c), bound)
        key, swapped = poly_key(first), set[Element]()
        for choice in product((False, True), repeat=len(turning)):
            turned = {a for a, swap in zip(turning, choice, strict=True) if swap}
            other = ((_turned(a) if a in turned else a, e) for a, e in m)
            candidate = sum_over(mono(other, c), bound)
            if candidate == first.scale(-1):
                for element in turned:
                    self._swap(element, used)
                return antisymmetric_sum(first)
            if poly_key(candidate) < key:
                key, swapped = poly_key(candidate), turned
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
                        used[self._identity(z.array)] = None
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


def _fact_of_symmetry(array: Array, indices: tuple[Index, ...]) -> Fact:
    left, right = array[indices], array[_swapped(indices)]
    return Fact(left, right, f"{array.name} == {array.name}.T", False)


def _turned(a: Atom) -> Element:
    assert isinstance(a, Element)
    return a.array[_swapped(a.indices)]


def _order(u: Expr) -> tuple[bool, int, str]:
    """Fresh indices in the order in which they were made, before other subscripts."""
    return not isinstance(u, Index), len(str(u)), str(u)


@law
def antisymmetric_sum(total: Poly) -> Poly:
    """Σ_ij f_ij = 0, where f_ij = -f_ji"""
    return total.scale(0)


@law
def above_the_diagonal(rest: Poly) -> Poly:
    """L_ij [j > i] f = 0, where L is lower triangular"""
    return rest.scale(0)


@law
def transposed_element(a: Element) -> Poly:
    """A_ij = A_ji, where A = Aᵀ"""
    return atom(_turned(a))


@law
def inverse_times_matrix(rest: Poly, i: Index, j: Index) -> Poly:
    """Σ_k (A⁻¹)_ik A_kj f = δ_ij f, and so for A A⁻¹"""
    return rest * equal_positions(i, j)
