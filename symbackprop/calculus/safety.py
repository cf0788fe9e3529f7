"""Which forms are as safe as the forward pass: what they divide by, need, and take away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import Array, Delta, Element, Index
from symbackprop.algebra.poly import ONE, Atom, Node, Poly, deep_atoms, multiply
from symbackprop.algebra.signs import positive
from symbackprop.algebra.sums import rename
from symbackprop.calculus.divisors import divisors, whole
from symbackprop.calculus.match import match
from symbackprop.calculus.zeros import Zeros

_NEVER_GONE = frozenset({"exp", "log", "cosh", "sign"})


class _Origins(dict[Array, frozenset[Array]]):
    def __missing__(self, array: Array) -> frozenset[Array]:
        return frozenset((array,))


class Safety:
    """What can be said of forms over the definitions of a program."""

    def __init__(
        self, definitions: Mapping[Array, tuple[tuple[Index, ...], Poly]], zeros: Zeros
    ) -> None:
        self._definitions = definitions
        self._zeros = zeros
        self._parts: dict[Element, frozenset[Element]] = {}
        self._gone: dict[Array, bool] = {}

    def defined(self, p: Poly, allowed: frozenset[Atom]) -> bool:
        """Whether p divides by nothing that may be zero where the forward pass is defined."""
        return all(
            a in allowed
            or (positive(a) and not self._may_vanish(a))
            or any(match(n, a) is not None for n in self._nonzero)
            for a in divisors(p)
        )

    def _may_vanish(self, a: Atom) -> bool:
        """Whether a positive value may be too small for a floating-point number, as sigmoids are.
        """
        if isinstance(a, Node):
            return a.head == "erfc"
        return isinstance(a, Element) and a.array in self._definitions

    def holds_everywhere(self, replacement: Poly) -> bool:
        """Whether an equation that was solved divides by nothing that is 0 in a whole region.

        y = w [c] is not w = y/[c]: both sides of that are gone where c is false, and [c]/[c] is
        not 1 there. Nor is y = w m, with an m that is always 0, w = y/m. A quotient of other
        values is 0/0 at single points at most.
        """
        return not any(self._is_gone(a) for a in divisors(replacement))

    def _is_gone(self, a: Atom) -> bool:
        """Whether a value is 0 in a region, as brackets, masked values and max(x, 0) are."""
        if isinstance(a, Delta):
            return True
        if isinstance(a, Element):
            found = self._gone.get(a.array)
            if found is None:
                _, f = self._definitions.get(a.array, ((), ONE))
                self._gone[a.array] = found = self._all_gone(f) or a in self._zeros
            return found
        if not isinstance(a, Node) or a.head in _NEVER_GONE:
            return False
        if a.head == "iverson" or (a.head in ("base", "sum") and a in self._zeros):
            return True
        values = a.args[1:] if a.head == "where" else a.args
        return any(not v or self._all_gone(v) for v in values if isinstance(v, Poly))

    def _all_gone(self, p: Poly) -> bool:
        """Whether every term has such a factor."""
        return bool(p) and all(any(e > 0 and self._is_gone(a) for a, e in m) for m in p.terms)

    def sources(self, p: Poly) -> frozenset[Array]:
        """The inputs and adjoints that p is computed from.

        A form that needs more of them than the gradient depends on adds what it takes away again:
        with y = g x + b, the product g x is no better as y - b.
        """
        return frozenset().union(*(self._origins[a.array] for a in deep_atoms(p)
                                   if isinstance(a, Element)))

    def lossy(self, p: Poly) -> set[tuple[Atom, Atom]]:
        """The differences y - x of a sum y and an array that stands in it.

        With y = z x + (1 - z) w, the difference w - y is z (w - x), but without its digits where
        z is small.
        """
        found: set[tuple[Atom, Atom]] = set()
        bases = (a.args[0] for a in deep_atoms(p) if isinstance(a, Node) and a.head == "base")
        for q in (p, *bases):
            for m, c in q.terms.items() if len(q) > 1 else ():
                for a, e in m:
                    if isinstance(a, Element) and e == 1 and a.array in self._definitions:
                        rest = m - {(a, e)}
                        found.update((a, b) for b in self._computed_from(a)
                                     if q.terms.get(multiply(rest, frozenset({(b, 1)}))) == -c)
        return found

    def _computed_from(self, a: Element) -> frozenset[Element]:
        """The elements that the terms of the definition of an element have as factors."""
        found = self._parts.get(a)
        if found is None:
            indices, f = self._definitions[a.array]
            terms = expand_all(rename(f, dict(zip(indices, a.indices, strict=True)))).terms
            parts = {b for m in terms for b, e in m if isinstance(b, Element) and e == 1}
            found = frozenset(parts if len(terms) > 1 else ())
            self._parts[a] = found
        return found

    @cached_property
    def _origins(self) -> _Origins:
        """The inputs that each definition is computed from; any other array stands for itself."""
        origins = _Origins()
        for array, (_, f) in self._definitions.items():
            arrays = {a.array for a in deep_atoms(f) if isinstance(a, Element)}
            origins[array] = frozenset().union(*(origins[a] for a in arrays))
        return origins

    @cached_property
    def _nonzero(self) -> set[Atom]:
        """What the forward pass divides by or takes the logarithm of."""
        found: set[Atom] = set()
        for _, f in self._definitions.values():
            found |= divisors(f)
            for a in deep_atoms(f):
                if isinstance(a, Node) and a.head == "log":
                    found |= a.args[0].atoms() if len(a.args[0]) == 1 else {whole(a.args[0])}
        return found
