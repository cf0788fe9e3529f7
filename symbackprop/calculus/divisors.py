"""What an expression divides by."""

from __future__ import annotations

from symbackprop.algebra.poly import Atom, Node, Poly
from symbackprop.algebra.powers import power


def divisors(p: Poly) -> set[Atom]:
    """The atoms with a negative exponent, anywhere in p."""
    found: set[Atom] = set()
    for m in p.terms:
        for a, e in m:
            if e < 0:
                found.add(a)
            if isinstance(a, Node):
                for arg in a.args:
                    found |= divisors(arg)
    return found


def whole(p: Poly) -> Atom:
    """The base that stands for a sum."""
    single = power(p, -1).single()
    bases = [a for a, _ in single[0] if isinstance(a, Node)] if single else []
    return bases[-1] if bases else Node("base", (p,))
