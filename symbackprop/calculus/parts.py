"""A named contraction inside a longer one: Σ_ab f_a g_ab h_b = Σ_b y_b h_b, y_b = Σ_a f_a g_ab."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from symbackprop.algebra.nodes import Element, Index
from symbackprop.algebra.poly import Atom, Node, Poly, atom_free, kind, mono
from symbackprop.algebra.registry import CACHES, law
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.sums import opened, rename, sum_over

Part = tuple[dict[Index, Index], frozenset[Atom], tuple[Index, ...]]


@cache
def part_of(kernel: Atom, a: Atom) -> Part | None:
    """Where a contraction of elements is a part of a sum, or None.

    The renaming of its free indices, the factors of the opened sum that it takes, and the bound
    indices that it takes with them.
    """
    if not isinstance(kernel, Node) or not isinstance(a, Node) or kernel.head != "sum":
        return None
    if a.head != "sum" or len(a.bound) <= len(kernel.bound):
        return None
    wanted = kernel.args[0].single()
    if wanted is None or wanted[1] != 1 or len(wanted[0]) < 2:
        return None
    if any(e != 1 or not _is_plain(f) or kind(f) not in a.kinds for f, e in wanted[0]):
        return None
    body, bound = opened(a)
    single = body.single()
    if single is None:
        return None
    given = sorted((f for f, e in single[0] if e == 1 and isinstance(f, Element)), key=str)
    others = [f for f, _ in single[0]]
    for mapping, taken in _assigned(sorted((f for f, _ in wanted[0]), key=str), given, {}, ()):
        gone = tuple(mapping[b] for b in kernel.bound)
        kept = {i: j for i, j in mapping.items() if i not in kernel.bound}
        if not set(gone) <= set(bound) or len(set(gone)) < len(gone):
            continue
        outside = frozenset().union(*(atom_free(f) for f in others if f not in taken))
        if not set(gone) & outside.union(*map(indices_of, kept.values())):
            return kept, frozenset(taken), gone
    return None


def _is_plain(f: Atom) -> bool:
    """Whether an atom is an element at indices, not at i + 1 and the like."""
    return isinstance(f, Element) and all(isinstance(i, Index) for i in f.indices)


CACHES.append(part_of.cache_clear)


def _assigned(
    wanted: list[Atom], given: list[Element], mapping: dict[Index, Index], taken: tuple[Atom, ...]
) -> Iterator[tuple[dict[Index, Index], tuple[Atom, ...]]]:
    """The ways to find the wanted factors among the given ones, with one renaming of indices."""
    if not wanted:
        yield mapping, taken
        return
    first, *rest = wanted
    assert isinstance(first, Element)
    for f in given:
        if f.array != first.array or f in taken:
            continue
        extended = dict(mapping)
        pairs = zip(first.indices, f.indices, strict=True)
        if all(extended.setdefault(i, j) == j for i, j in pairs):
            yield from _assigned(rest, given, extended, (*taken, f))


@law
def part_of_sum(node: Node, part: Part, value: Poly) -> Poly:
    """Σ_ab f_a g_ab h_b = Σ_b y_b h_b, where y_b = Σ_a f_a g_ab"""
    mapping, taken, gone = part
    body, bound = opened(node)
    ((m, c),) = body.terms.items()
    rest = mono(((f, e) for f, e in m if f not in taken), c)
    return sum_over(rest * rename(value, mapping), tuple(b for b in bound if b not in gone))
