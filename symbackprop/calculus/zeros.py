"""Definitions and sums that are 0 at every point: nothing may be divided by them."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.algebra.expansion import expand_all, terms_expanded
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import Atom, Node, Poly, atom, deep_atoms, weight
from symbackprop.algebra.sums import rename
from symbackprop.calculus.facts import Facts

_TERMS = 100  # of a form that is multiplied out
_ATOMS = 100  # of a form that is unfolded


class Zeros:
    """Whether an element or a sum is always 0, as the definitions and the facts say.

    With u = x - mean(x) and m = mean(u), m is 0 since Σ u = 0, and x = u + m r/r says nothing.
    """

    def __init__(
        self, definitions: Mapping[Array, tuple[tuple[Index, ...], Poly]], facts: Facts
    ) -> None:
        self._definitions = definitions
        self._rank = {array: place for place, array in enumerate(definitions)}
        self._facts = facts
        self._found: dict[Array | Node, bool] = {}

    def __contains__(self, a: Element | Node) -> bool:
        key = a.array if isinstance(a, Element) else a
        found = self._found.get(key)
        if found is None:
            self._found[key] = found = self._vanishes(atom(a))
        return found

    def _vanishes(self, p: Poly) -> bool:
        """Whether nothing is left of it, unfolded from the last array to the first."""
        while weight(p) <= _ATOMS and terms_expanded(p) <= _TERMS:
            try:
                p, _ = self._facts.apply(expand_all(p))
            except ZeroDivisionError:  # of which nothing can be said
                return False
            if not p:
                return True
            arrays = {a.array for a in deep_atoms(p) if isinstance(a, Element)} & self._rank.keys()
            if not arrays:
                return False
            last = max(arrays, key=self._rank.__getitem__)
            before, p = p, substitute(p, self._unfolded, only=(last,))
            if p == before:  # a part that takes no other: the subscript of a matrix
                return False
        return False

    def _unfolded(self, a: Atom) -> Poly | None:
        if not isinstance(a, Element):
            return None
        indices, f = self._definitions[a.array]
        return rename(f, dict(zip(indices, a.indices, strict=True)))
