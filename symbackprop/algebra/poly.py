"""The normal form: Laurent polynomials over atoms, with rational coefficients and exponents.

An atom is a leaf of index notation (`Element`, `Delta`, a size symbol, a number such as pi) or a
`Node`: a function, a contraction Σ, or a sum kept whole because it is the base of a power. Equal
nodes are one object, so that products cancel by looking them up. SymPy's own Add and Mul are not
used here: they merge exponentials and cost thirty times as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import prod
from typing import ClassVar, TypeAlias

from sympy import Expr

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.leaves import leaf_free, leaf_key, leaf_kind, leaf_kinds
from symbackprop.algebra.nodes import Delta, Index, MatrixFunction
from symbackprop.algebra.registry import law

Number: TypeAlias = int | Fraction
Monomial: TypeAlias = frozenset[tuple["Atom", Number]]
UNIT: Monomial = frozenset()


class Node:
    """A composite atom: `head` names the function, `args` are its arguments in normal form.

    Heads: the functions of `functions.py`; sum max (with bound indices, the one argument is the
    body); base (a sum or product kept whole); gt ge eq ne and or not (conditions), iverson where
    maximum minimum.
    """

    __slots__ = ("args", "bound", "free", "head", "height", "key", "kinds", "weight")
    head: str
    args: tuple[Poly, ...]
    bound: tuple[Index, ...]
    free: frozenset[Index]
    height: int
    weight: int
    kinds: frozenset[object]
    key: str
    _table: ClassVar[dict[tuple[str, tuple[Poly, ...], tuple[Index, ...]], Node]] = {}

    def __new__(cls, head: str, args: tuple[Poly, ...], bound: tuple[Index, ...] = ()) -> Node:
        found = cls._table.get((head, args, bound))
        if found is None:
            found = object.__new__(cls)
            found.head, found.args, found.bound, found.key = head, args, bound, ""
            found.free = frozenset().union(*(a.free for a in args)) - frozenset(bound)
            found.kinds = frozenset((head,)).union(*(kinds(a) for a in args))
            found.weight = 1 + sum(weight(a) for a in args)
            found.height = max((height(a) for a in args), default=0) + len(bound)
            cls._table[head, args, bound] = found
        return found

    def __repr__(self) -> str:
        return atom_key(self)


Atom: TypeAlias = Expr | Node


class Poly:
    """An immutable sum of monomials: `terms[monomial] = coefficient`, none of them zero."""

    __slots__ = ("_free", "_hash", "terms")

    def __init__(self, terms: dict[Monomial, Number]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._free: frozenset[Index] | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Poly):
            return NotImplemented
        return self is other or (hash(self) == hash(other) and self.terms == other.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __repr__(self) -> str:
        return poly_key(self)

    @property
    def free(self) -> frozenset[Index]:
        """The free indices."""
        if self._free is None:
            self._free = frozenset().union(*(atom_free(a) for m in self.terms for a, _ in m))
        return self._free

    def __add__(self, other: Poly) -> Poly:
        if not self.terms:
            return other
        terms = dict(self.terms)
        for m, c in other.terms.items():
            total = terms.get(m, 0) + c
            if total:
                terms[m] = total
            else:
                del terms[m]
        return Poly(terms)

    def __neg__(self) -> Poly:
        return self.scale(-1)

    def __sub__(self, other: Poly) -> Poly:
        return self + other.scale(-1)

    def __mul__(self, other: Poly) -> Poly:
        terms: dict[Monomial, Number] = {}
        for m, c in self.terms.items():
            check_time()
            for n, d in other.terms.items():
                held = _held(m, n)
                if not held:
                    continue
                product = multiply(m, n)
                total = terms.get(product, 0) + (c * d if held == 1 else c * d * held)
                if total:
                    terms[product] = total
                else:
                    terms.pop(product, None)
        return Poly(terms)

    def scale(self, factor: Number) -> Poly:
        """The polynomial times a number."""
        return Poly({m: c * factor for m, c in self.terms.items()} if factor else {})

    def atoms(self) -> set[Atom]:
        """The atoms of the monomials, not those inside nodes."""
        return {a for m in self.terms for a, _ in m}

    @property
    def constant(self) -> Number | None:
        """The value of a polynomial without atoms, else None."""
        if not self.terms:
            return 0
        return self.terms.get(UNIT) if len(self.terms) == 1 else None

    def single(self) -> tuple[Monomial, Number] | None:
        """The one monomial and its coefficient, or None."""
        return next(iter(self.terms.items())) if len(self.terms) == 1 else None


ZERO = Poly({})
ONE = Poly({UNIT: 1})


def ratio(p: Number, q: Number = 1) -> Number:
    """p/q, an int where it is whole: arithmetic with fractions takes ten times as long."""
    value = Fraction(p) / Fraction(q)
    return value.numerator if value.denominator == 1 else value


def number(value: Number) -> Poly:
    """A constant polynomial."""
    return Poly({UNIT: value}) if value else ZERO


def atom(a: Atom, exponent: Number = 1) -> Poly:
    """The polynomial a**exponent."""
    return Poly({frozenset(((a, exponent),)): 1}) if exponent else ONE


def only(p: Poly) -> Atom | None:
    """The atom that p is, or None."""
    single = p.single()
    a = next(iter(single[0]))[0] if single and len(single[0]) == 1 else None
    return a if a is not None and p == atom(a) else None


def mono(monomial: Iterable[tuple[Atom, Number]], coefficient: Number = 1) -> Poly:
    """The polynomial of one monomial."""
    return Poly({frozenset(monomial): coefficient})


def add(parts: Iterable[Poly]) -> Poly:
    """The sum of polynomials."""
    total = ZERO
    for part in parts:
        total = total + part
    return total


def is_idempotent(a: Atom) -> bool:
    """Whether a*a = a: Kronecker deltas and Iverson brackets are 0 or 1."""
    return isinstance(a, Delta) or (isinstance(a, Node) and a.head == "iverson")


@law
def together(a: Node, b: Node) -> int:
    """[u > v] [v >= u] = 0, [u > v] [v > u] = 0, [u = v] [u != v] = 0"""
    one, two = only(a.args[0]), only(b.args[0])
    if not isinstance(one, Node) or not isinstance(two, Node):
        return 1
    heads = {one.head, two.head}
    if heads == {"eq", "ne"}:
        return int(set(one.args) != set(two.args))
    if "gt" in heads and heads <= {"gt", "ge"}:
        return int(one.args != two.args[::-1])
    return 1


def _held(m: Monomial, n: Monomial) -> int:
    """0 where a bracket of one monomial excludes one of the other, else 1."""
    brackets = [a for a, _ in m if isinstance(a, Node) and a.head == "iverson"]
    if not brackets:
        return 1
    others = [a for a, _ in n if isinstance(a, Node) and a.head == "iverson"]
    return prod(together(a, b) for a in brackets for b in others)


def exponent(a: Atom, e: Number) -> Number:
    """The exponent that a^e has: [c]^e is [c] for e > 0, and 1/[c] for e < 0."""
    return (1 if e > 0 else -1) if is_idempotent(a) else e


def multiply(m: Monomial, n: Monomial) -> Monomial:
    """The product of two monomials."""
    if not m or not n:
        return m or n
    exponents = dict(m)
    for a, e in n:
        if a in exponents:
            total = exponents[a] + e
            if total:
                exponents[a] = exponent(a, total)
            else:
                del exponents[a]
        else:
            exponents[a] = e
    return frozenset(exponents.items())


def atom_free(a: Atom) -> frozenset[Index]:
    """The free indices of an atom."""
    return a.free if isinstance(a, Node) else leaf_free(a)


def mono_free(m: Monomial) -> frozenset[Index]:
    """The free indices of a monomial."""
    return frozenset().union(*(atom_free(a) for a, _ in m))


def kind(a: Atom) -> object:
    """What an atom is before its indices and arguments: its array, or its head."""
    return a.head if isinstance(a, Node) else leaf_kind(a)


def kinds(p: Poly) -> frozenset[object]:
    """The kinds of all atoms in p, those inside nodes included; Quotient for blocks in subscripts.
    """
    return frozenset().union(*(kinds_of(a) for m in p.terms for a, _ in m))


def kinds_of(a: Atom) -> frozenset[object]:
    """The kinds in one atom."""
    return a.kinds if isinstance(a, Node) else leaf_kinds(a)


def weight(p: Poly) -> int:
    """How many atoms are written down in p, those inside nodes included; long numbers count too."""
    atoms = sum(a.weight if isinstance(a, Node) else 1 for m in p.terms for a, _ in m)
    return atoms + sum(
        (c.numerator.bit_length() + c.denominator.bit_length()) // 64 for c in p.terms.values()
    )


def height(p: Poly) -> int:
    """How many nested bound indices the deepest node has: the canonical names in use below."""
    return max((a.height for m in p.terms for a, _ in m if isinstance(a, Node)), default=0)


def deep_atoms(p: Poly) -> Iterator[Atom]:
    """All atoms, those inside nodes included, each once for every place."""
    for m in p.terms:
        for a, _ in m:
            yield a
            if isinstance(a, Node):
                for arg in a.args:
                    yield from deep_atoms(arg)
            elif isinstance(a, MatrixFunction):
                yield a.argument


def atom_key(a: Atom) -> str:
    """A text that identifies the atom, for an order that does not depend on hashing."""
    if not isinstance(a, Node):
        return leaf_key(a)
    if not a.key:
        inner = ",".join(poly_key(p) for p in a.args)
        bound = "".join(f";{i.name}" for i in a.bound)
        a.key = f"{a.head}({inner}{bound})"
    return a.key


def mono_key(m: Monomial) -> str:
    """A text that identifies the monomial."""
    return "*".join(sorted(atom_key(a) if e == 1 else f"{atom_key(a)}^{e}" for a, e in m))


def poly_key(p: Poly) -> str:
    """A text that identifies the polynomial."""
    return "+".join(sorted(f"{c}*{mono_key(m)}" for m, c in p.terms.items())) or "0"


