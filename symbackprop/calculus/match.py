"""Matching: subscripts for the free indices of a pattern that make it an atom."""

from __future__ import annotations

from functools import cache
from itertools import permutations

from sympy import Expr, S

from symbackprop.algebra.nodes import Element, Index, Quotient
from symbackprop.algebra.poly import Atom, Node, Poly, atom, deep_atoms, kind
from symbackprop.algebra.registry import CACHES
from symbackprop.algebra.subscripts import at_least, indices_of, put
from symbackprop.algebra.sums import rename_atom


def signature(a: Atom) -> object:
    """What stays of an atom when its indices are renamed: atoms that match have the same."""
    return (a.head, a.kinds - {Quotient}) if isinstance(a, Node) else kind(a)


@cache
def match(pattern: Atom, a: Atom) -> dict[Index, Expr] | None:
    """Subscripts for the pattern's free indices that make it the atom a, or None."""
    if isinstance(pattern, Element):
        if not isinstance(a, Element) or a.array != pattern.array:
            return None
        return _subscripts(pattern, a) if pattern.indices else {}
    if not isinstance(pattern, Node) or not isinstance(a, Node):
        return {} if a == pattern else None
    if signature(a) != signature(pattern) or len(a.bound) != len(pattern.bound):
        return None
    target = atom(a)
    if len(a.free) == len(pattern.free):
        source = sorted(pattern.free, key=str)
        for order in permutations(sorted(a.free, key=str)):
            if all(i.size == j.size for i, j in zip(source, order, strict=True)):
                mapping: dict[Index, Expr] = dict(zip(source, order, strict=True))
                if rename_atom(pattern, mapping) == target:
                    return mapping
    return _by_elements(pattern, a, target)


def _subscripts(pattern: Element, a: Element) -> dict[Index, Expr] | None:
    """What each index of the pattern stands for, where it lies within that index's range."""
    mapping: dict[Index, Expr] = {}
    for i, u, axis in zip(pattern.indices, a.indices, a.array.axes, strict=True):
        if not isinstance(i, Index):
            if i == u and i.is_Integer:
                continue
            return _shifted(pattern, a)
        if mapping.setdefault(i, u) != u:
            return None
        if i.size != axis and not (at_least(u, S.One) and at_least(i.size, u)):
            return None
    return mapping


def _shifted(pattern: Element, a: Element) -> dict[Index, Expr] | None:
    """The same for subscripts such as i + 1: index for index of equal sizes."""
    source = sorted(pattern.free, key=str)
    for order in permutations(sorted(a.free, key=str), len(source)):
        if all(i.size == j.size for i, j in zip(source, order, strict=True)):
            mapping: dict[Index, Expr] = dict(zip(source, order, strict=True))
            if tuple(put(i, mapping) for i in pattern.indices) == a.indices:
                return mapping
    return None


def _by_elements(pattern: Node, a: Node, target: Poly) -> dict[Index, Expr] | None:
    """The same where a has subscripts that are no indices: as its elements tell."""
    theirs = [e for e in deep_atoms(target) if isinstance(e, Element) and not _plain(e)]
    if not theirs or not pattern.free:
        return None
    mapping: dict[Index, Expr] = {}
    for own in deep_atoms(atom(pattern)):
        if not isinstance(own, Element) or own.free.isdisjoint(pattern.free - mapping.keys()):
            continue
        for e in deep_atoms(target):
            found = match(own, e)
            if found is None:
                continue
            new = {i: u for i, u in found.items() if i in pattern.free}
            if not frozenset().union(*map(indices_of, new.values())) <= a.free:
                continue
            if all(mapping.get(i, u) == u for i, u in new.items()):
                mapping |= new
                break
    if mapping.keys() >= pattern.free and rename_atom(pattern, mapping) == target:
        return mapping
    return None


def _plain(e: Element) -> bool:
    return all(isinstance(i, Index) for i in e.indices)


CACHES.append(match.cache_clear)
