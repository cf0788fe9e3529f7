"""Multiplying out, and moving indices through free Kronecker deltas."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.nodes import Delta, Index
from symbackprop.algebra.poly import Monomial, Node, Number, Poly, add, atom, mono
from symbackprop.algebra.powers import expand, power
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import delta_of_subscript, opened, rename, sum_over


@law
def delta_times(p: Poly, free: tuple[Index, ...]) -> Poly:
    """δ_jk f_k = δ_jk f_j, for free indices: the one that stands first in `free` is kept."""
    place = {index: n for n, index in enumerate(free)}
    total: list[Poly] = []
    for m, c in p.terms.items():
        deltas = [a for a, _ in m if isinstance(a, Delta)
                  and all(i in place for i in a.indices) and _same_axis(a)]
        rest = mono((x for x in m if x[0] not in deltas), c)
        mapping: dict[Index, Expr] = {}
        for delta in deltas:
            first, second = sorted(delta.free, key=place.__getitem__)
            mapping[second] = mapping.get(first, first)
        product = rename(rest, mapping) * mono((a, 1) for a in deltas)
        total.append(add(_with_free(n, d, place) for n, d in product.terms.items()))
    return add(total)


def _with_free(m: Monomial, c: Number, place: dict[Index, int]) -> Poly:
    """δ(j, u) f_u = δ(j, u) f_j for a free index j and a subscript u that is none."""
    for a, _ in m:
        if isinstance(a, Delta):
            j, u = a.indices
            if j in place and isinstance(j, Index) and not isinstance(u, Index):
                return delta_of_subscript(m - {(a, 1)}, j, u).scale(c) * atom(a)
    return mono(m, c)


def _same_axis(delta: Delta) -> bool:
    i, j = delta.indices
    return isinstance(i, Index) and isinstance(j, Index) and i.size == j.size


def expand_all(p: Poly) -> Poly:
    """Multiply out every base to a positive integer power, inside sums too."""
    p = expand(p)
    total: list[Poly] = []
    for m, c in p.terms.items():
        product = mono((), c)
        for a, e in m:
            if isinstance(a, Node) and a.head == "sum":
                body, bound = opened(a)
                product = product * power(sum_over(expand_all(body), bound), e)
            else:
                product = product * atom(a, e)
        total.append(product)
    result = add(total)
    return result if result == p else expand_all(result)


def terms_expanded(p: Poly) -> int:
    """How many terms `expand_all` multiplies out, before like ones are collected; at most."""
    total = 0
    for m in p.terms:
        terms = 1
        for a, e in m:
            if isinstance(a, Node) and a.head in ("base", "sum") and e >= 1:
                terms *= terms_expanded(a.args[0]) ** int(e)
        total += terms
    return total
