"""The absolute value as a product: what a sign meets in a monomial."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.algebra.poly import Node, Poly, add, mono
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import build


@law
def sign_squared(p: Poly) -> Poly:
    """sign(u)^2 |u|^-q = |u|^-q for q > 0: neither has a value at u = 0"""
    total: list[Poly] = []
    for m, c in p.terms.items():
        below = {a.args for a, e in m if isinstance(a, Node) and a.head == "abs" and e < 0}
        kept = (
            (a, e % 2 if isinstance(a, Node) and a.head == "sign" and a.args in below else e)
            for a, e in m
        )
        total.append(mono(((a, e) for a, e in kept if e), c))
    return add(total)


@law
def sign_times(p: Poly) -> Poly:
    """u sign(u) = |u|"""
    total: list[Poly] = []
    for m, c in p.terms.items():
        exponents = dict(m)
        for a, _ in m:
            single = a.args[0].single() if isinstance(a, Node) and a.head == "sign" else None
            if single and all(exponents.get(b, 0) == e for b, e in single[0]):
                fewer = ((b, e - (b == a)) for b, e in m if (b, e) not in single[0])
                rest = mono(((b, e) for b, e in fewer if e), c)
                total.append(rest * build("abs", a.args).scale(1 / Fraction(single[1])))
                break
        else:
            total.append(mono(m, c))
    return add(total)
