"""The simplifier: a short best-first search over eliminations, facts and expansion.

Its measure is the cost of the arranged result. A step may raise the cost for a while (an
elimination pays off when the next one follows), so a few states are kept open; the number of
states that are looked at is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from sympy import Expr

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.cost import cost
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Atom, Node, Poly, deep_atoms
from symbackprop.algebra.program import Program
from symbackprop.algebra.sums import delta_times, expand_all
from symbackprop.calculus.facts import Facts, declared
from symbackprop.calculus.fold import Elimination, denominators, eliminations
from symbackprop.calculus.result import Fact

STATES = 40  # looked at in one simplification
SLACK = 1.6  # how far above the best a state may cost and still be followed


@dataclass(frozen=True)
class Simplified:
    """A simplified normal form, its arranged expression, its cost, and the facts it rests on."""

    poly: Poly
    expr: Expr
    cost: float
    facts: tuple[Fact, ...]


class Simplifier:
    """Simplifies over one program: its definitions are what may be folded, its facts what holds."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.definitions = {
            d.array: (d.indices, normal(d.expr)) for d in program.definitions
        }
        rules = [declared(a) for a in program.assumptions if a.kind == "=="]
        self.facts = Facts(rules, self.definitions)
        arrays = [*program.inputs, *(d.array for d in program.definitions)]
        self._rank = {array: place for place, array in enumerate(arrays)}
        self._eliminations: dict[object, list[Elimination]] | None = None

    def rank(self, array: Array) -> int:
        """The place of an array in the program; adjoints come after all."""
        return self._rank.get(array, len(self._rank))

    def arranger(self, free: tuple[Index, ...]) -> Arranger:
        """An arranger for results with these free indices."""
        return Arranger(self.rank, free)

    def simplify(self, p: Poly, free: tuple[Index, ...] = ()) -> Simplified:
        """The cheapest equal form of p that the search finds."""
        arranger = self.arranger(free)
        p, used = self.facts.apply(delta_times(p, free))
        start = self._state(p, used, arranger)
        best = start
        order = count()
        queue = [(start.cost, next(order), start)]
        seen = {p}
        looked = 0
        while queue and looked < STATES:
            _, _, state = heappop(queue)
            if state.cost > SLACK * best.cost + 1:
                break
            looked += 1
            for q in self._moves(state.poly):
                q, more = self.facts.apply(delta_times(q, free))
                if q in seen:
                    continue
                seen.add(q)
                found = self._state(q, _union(state.facts, more), arranger)
                if found.cost < best.cost - 1e-9:
                    best = found
                heappush(queue, (found.cost, next(order), found))
        return best

    def _state(self, p: Poly, facts: tuple[Fact, ...], arranger: Arranger) -> Simplified:
        expr = arranger.arrange(p)
        return Simplified(p, expr, cost(expr), facts)

    def _moves(self, p: Poly) -> Iterable[Poly]:
        atoms = set(deep_atoms(p))
        expanded = expand_all(p)
        if expanded != p:
            yield expanded
        for elimination in self._applicable(atoms):
            yield elimination.apply(p)
        for elimination in denominators(p):
            yield expand_all(elimination.apply(expanded))

    def _applicable(self, atoms: set[Atom]) -> list[Elimination]:
        table = self._table()
        found: dict[Elimination, None] = {}
        for kind in {_kind(a) for a in atoms}:
            for elimination in table.get(kind, ()):
                if elimination.occurs_in(atoms):
                    found[elimination] = None
        return sorted(found, key=lambda e: str(e.kernel))

    def _table(self) -> dict[object, list[Elimination]]:
        if self._eliminations is None:
            self._eliminations = {}
            for array, (indices, f) in self.definitions.items():
                for e in eliminations(array, indices, f):
                    self._eliminations.setdefault(_kind(e.kernel), []).append(e)
        return self._eliminations


def _kind(a: Atom) -> object:
    if isinstance(a, Element):
        return a.array
    return a.head if isinstance(a, Node) else None


def _union(first: tuple[Fact, ...], second: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(dict.fromkeys((*first, *second)))
