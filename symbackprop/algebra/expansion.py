"""Multiplying out, and moving indices through free Kronecker deltas."""

from __future__ import annotations

from symbackprop.algebra.nodes import Delta, Index
from symbackprop.algebra.poly import Node, Poly, add, atom, mono
from symbackprop.algebra.powers import expand, power
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import opened, rename, sum_over


@law
def delta_times(p: Poly, free: tuple[Index, ...]) -> Poly:
    """δ_jk f_k = δ_jk f_j, for free indices: the one that stands first in `free` is kept."""
    place = {index: n for n, index in enumerate(free)}
    total: list[Poly] = []
    for m, c in p.terms.items():
        deltas = [a for a, _ in m if isinstance(a, Delta) and set(a.indices) <= place.keys()]
        rest = mono((x for x in m if x[0] not in deltas), c)
        mapping: dict[Index, Index] = {}
        for delta in deltas:
            first, second = sorted(delta.indices, key=place.__getitem__)
            mapping[second] = mapping.get(first, first)
        total.append(rename(rest, mapping) * mono((a, 1) for a in deltas))
    return add(total)


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

