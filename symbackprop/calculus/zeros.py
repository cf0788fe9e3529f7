"""Definitions and sums that are 0 at every point: nothing may be divided by them."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.algebra.expansion import expand_all, terms_expanded
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import Atom, Node, Poly, atom, deep_atoms, weight
from symbackprop.algebra.sums import rename
from symbackprop.calculus.facts import Facts

_EVERYWHERE = ("sum", "base", "exp", "log")  # no branch that may not be taken
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
                if not p:
                    return True
                used = {a.array for a in deep_atoms(p) if isinstance(a, Element)}
                last = max(used & self._rank.keys(), key=self._rank.__getitem__, default=None)
                if last is None:
                    return False
                before, p = p, substitute(p, self._unfolded, only=(last,))
            except ZeroDivisionError:  # of which nothing can be said
                return False
            if p == before:  # a part that takes no other: the subscript of a matrix
                return False
        return False

    def divided_by(self, p: Poly) -> Atom | None:
        """What is always 0 and divides a term wherever that is computed; None where nothing is."""
        for m in p.terms:
            for a, e in m:
                if e < 0 and isinstance(a, Element | Node) and a in self:
                    return a
                inner = a.args if isinstance(a, Node) and a.head in _EVERYWHERE else ()
                for found in map(self.divided_by, inner):
                    if found is not None:
                        return found
        return None

    def _unfolded(self, a: Atom) -> Poly | None:
        if not isinstance(a, Element):
            return None
        indices, f = self._definitions[a.array]
        return rename(f, dict(zip(indices, a.indices, strict=True)))
