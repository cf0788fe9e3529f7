"""The two sides of a diagonal: brackets [i > j] that make up a whole with [j > i]."""

from __future__ import annotations

from symbackprop.algebra.nodes import Index
from symbackprop.algebra.poly import ONE, Atom, Monomial, Node, Poly, atom, mono, only
from symbackprop.algebra.positions import as_position, compared, equal_positions
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import build, opened, sum_over


def side_of_diagonal(a: Atom) -> tuple[Index, Index] | None:
    """The indices i and j of [i > j]; None for other atoms."""
    if not isinstance(a, Node) or a.head != "iverson":
        return None
    held = only(a.args[0])
    if not isinstance(held, Node) or held.head != "gt":
        return None
    i, j = map(as_position, held.args)
    return (i, j) if isinstance(i, Index) and isinstance(j, Index) else None


@law
def joined_triangles(p: Poly) -> Poly:
    """[i > j] f + [j > i] f = f - δ_ij f, also under the same sums"""
    for m, c in p.terms.items():
        for a, e in m:
            if e != 1 or not isinstance(a, Node):
                continue
            body, bound = opened(a) if a.head == "sum" else (atom(a), ())
            single = body.single()
            for inner, _ in single[0] if single else ():
                sides = side_of_diagonal(inner)
                if single is None or sides is None:
                    continue
                rest = mono(single[0] - {(inner, 1)}, single[1])
                other = _with(m, a, sum_over(rest * _bracket(*reversed(sides)), bound))
                if other is not None and other != m and p.terms.get(other) == c:
                    whole = sum_over(rest * (ONE - equal_positions(*sides)), bound)
                    return p - mono(m, c) - mono(other, c) + mono(m - {(a, 1)}, c) * whole
    return p


def _bracket(i: Index, j: Index) -> Poly:
    return build("iverson", (compared("gt", i, j),))


def _with(m: Monomial, a: Atom, new: Poly) -> Monomial | None:
    """The monomial with something else in an atom's place, where that is a monomial."""
    single = (mono(m - {(a, 1)}) * new).single()
    return single[0] if single and single[1] == 1 else None
