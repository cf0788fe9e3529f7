"""What is known of the sign of an atom or a polynomial, for the laws of powers and logarithms."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import Delta, Element
from symbackprop.algebra.poly import Atom, Monomial, Node, Number, Poly

_POSITIVE_HEADS = frozenset(f.head for f in TABLE if f.sign == ">0")
_NONNEGATIVE_HEADS = frozenset({"iverson", *(f.head for f in TABLE if f.sign in (">0", ">=0"))})
_SAME_HEADS = frozenset(f.head for f in TABLE if f.sign == "same")


def positive(a: Atom) -> bool:
    """Whether the atom is known to be > 0."""
    if isinstance(a, Node):
        if a.head in _POSITIVE_HEADS:
            return True
        if a.head in ("base", "sum", "max", "prod") or a.head in _SAME_HEADS:
            return poly_positive(a.args[0])
        if a.head == "maximum":
            return any(poly_positive(p) for p in a.args)
        if a.head == "minimum":
            return all(poly_positive(p) for p in a.args)
        return False
    if isinstance(a, Element):
        return a.array.sign == ">0"
    return isinstance(a, Expr) and bool(a.is_positive)


def nonnegative(a: Atom) -> bool:
    """Whether the atom is known to be >= 0."""
    if isinstance(a, Node):
        if a.head in _NONNEGATIVE_HEADS:
            return True
        if a.head in ("base", "sum", "max", "prod") or a.head in _SAME_HEADS:
            return poly_nonnegative(a.args[0])
        if a.head == "maximum":
            return any(poly_nonnegative(p) for p in a.args)
        return False
    if isinstance(a, Element):
        return bool(a.array.sign)
    return isinstance(a, Delta) or bool(a.is_nonnegative)


def _even(e: Number) -> bool:
    return e == int(e) and int(e) % 2 == 0


def mono_positive(m: Monomial) -> bool:
    """Whether the product of the atoms is known to be > 0."""
    return all(positive(a) for a, _ in m)


def mono_nonnegative(m: Monomial) -> bool:
    """Whether the product of the atoms is known to be >= 0."""
    return all(_even(e) or nonnegative(a) for a, e in m)


def poly_positive(p: Poly) -> bool:
    """Whether the polynomial is known to be > 0: no negative term, and one positive."""
    return poly_nonnegative(p) and any(mono_positive(m) for m in p.terms)


def poly_nonnegative(p: Poly) -> bool:
    """Whether the polynomial is known to be >= 0."""
    return all(c > 0 and mono_nonnegative(m) for m, c in p.terms.items())
