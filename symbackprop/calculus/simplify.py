"""The simplifier: a short best-first search over eliminations, facts and expansion.

Its measure is the cost of the arranged result. A step may raise the cost for a while (an
elimination pays off when the next one follows), so a few states are kept open; the number of
states that are looked at is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from heapq import heappop, heappush
from itertools import count

from sympy import Expr

from symbackprop.algebra.absolute import sign_times
from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.cost import cost
from symbackprop.algebra.expansion import delta_times, expand_all
from symbackprop.algebra.nodes import Array, Element, Index, fresh_index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Atom, Node, Poly, atom, deep_atoms, kind, weight
from symbackprop.algebra.powers import power
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.signs import positive
from symbackprop.algebra.sums import rename
from symbackprop.calculus.facts import Facts, declared
from symbackprop.calculus.fold import (
    Elimination,
    absorbed,
    denominators,
    eliminations,
    in_branches,
    match,
)
from symbackprop.calculus.result import Fact

STATES = 30  # looked at in one simplification
SLACK = 1.6  # how far above the best a state may cost and still be followed
WEIGHT = 120  # a form with more atoms than this and than twice the start is not looked at
WORK = 3000  # atoms of all the forms together, after which the search stops
FINALISTS = 3  # forms that are arranged with every factoring tried
LONG = 6000  # atoms times terms of a form too long for that


@dataclass(frozen=True)
class Simplified:
    """A simplified normal form, its arranged expression, its cost, and the facts it rests on."""

    poly: Poly
    expr: Expr
    cost: float
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class _State:
    """A form that the search met: `allowed` holds the atoms that it may divide by."""

    cost: float
    poly: Poly
    facts: tuple[Fact, ...]
    allowed: frozenset[Atom]


class _Origins(dict[Array, frozenset[Array]]):
    def __missing__(self, array: Array) -> frozenset[Array]:
        return frozenset((array,))


class TooMuch(Exception):
    """A simplifier has done the work that it may do."""


class Simplifier:
    """Simplifies over one program: its definitions are what may be folded, its facts what holds.

    hidden: definitions that nothing is folded into. work: the atoms of all forms that were looked
    at, times the square of their terms; most: how much it may be before TooMuch is raised.
    """

    def __init__(
        self,
        program: Program,
        hidden: frozenset[Array] = frozenset(),
        most: float = float("inf"),
    ) -> None:
        self.program = program
        self.work, self._most = 0, most
        self._hidden = hidden
        self.definitions = {d.array: _renamed_apart(d) for d in program.definitions}
        rules = [declared(a) for a in program.assumptions if a.kind == "=="]
        self.facts = Facts(rules, self.definitions)
        arrays = [*program.inputs, *(d.array for d in program.definitions)]
        self._rank = {array: place for place, array in enumerate(arrays)}

    def rank(self, array: Array) -> int:
        """The place of an array in the program; adjoints stand before all others."""
        return self._rank.get(array, -1)

    def arranger(self, free: tuple[Index, ...]) -> Arranger:
        """An arranger for results with these free indices."""
        return Arranger(self.rank, free)

    def rough_cost(self, p: Poly, free: tuple[Index, ...]) -> float:
        """The cost of p as it is, before any search."""
        self._count(p)
        return cost(Arranger(self.rank, free, quick=True).arrange(p))

    def simplify(self, p: Poly, free: tuple[Index, ...] = ()) -> Simplified:
        """The cheapest equal form of p that the search finds."""
        self._count(p)
        quick = Arranger(self.rank, free, quick=True)
        sources = self._sources(p)
        p, used = self.facts.apply(delta_times(p, free))
        sources |= self._sources(p)
        best = _State(cost(quick.arrange(p)), p, used, frozenset(_divisors(p)))
        order = count()
        queue = [(best.cost, next(order), best)]
        found = [best]
        seen = {p}
        looked = work = 0
        limit = max(WEIGHT, 2 * weight(p))
        while queue and looked < STATES and work < WORK:
            _, _, state = heappop(queue)
            if state.cost > SLACK * best.cost + 1:
                break
            looked += 1
            for q, allowed in self._moves(state.poly, state.allowed):
                try:
                    q, more = self.facts.apply(delta_times(q, free))
                except ZeroDivisionError:  # it divides by a sum that a fact makes 0
                    continue
                self._count(q)
                if q in seen or weight(q) > limit:
                    continue
                seen.add(q)
                work += weight(q)
                new = _State(cost(quick.arrange(q)), q, _union(state.facts, more), allowed)
                heappush(queue, (new.cost, next(order), new))
                if self._defined(q, allowed) and self._sources(q) <= sources:
                    found.append(new)
                    best = min(best, new, key=lambda s: s.cost)
        arranger = self.arranger(free)
        found.sort(key=lambda s: s.cost)
        finals = [self._final(s, quick if _is_long(s.poly) else arranger)
                  for s in found[:FINALISTS]]  # fmt: skip
        return min(finals, key=lambda s: s.cost)

    def _count(self, p: Poly) -> None:
        self.work += weight(p) * len(p) ** 2
        if self.work > self._most:
            raise TooMuch

    def _final(self, state: _State, arranger: Arranger) -> Simplified:
        expr = arranger.arrange(state.poly)
        return Simplified(state.poly, expr, cost(expr), state.facts)

    def _defined(self, p: Poly, allowed: frozenset[Atom]) -> bool:
        """Whether p divides by nothing that may be zero where the forward pass is defined."""
        return all(
            a in allowed or positive(a) or any(match(n, a) is not None for n in self._nonzero)
            for a in _divisors(p)
        )

    def _sources(self, p: Poly) -> frozenset[Array]:
        """The inputs and adjoints that p is computed from.

        A form that needs more of them than the gradient depends on adds what it takes away again:
        with y = g x + b, the product g x is no better as y - b.
        """
        return frozenset().union(*(self._origins[a.array] for a in deep_atoms(p)
                                   if isinstance(a, Element)))

    @cached_property
    def _origins(self) -> _Origins:
        """The inputs that each definition is computed from; any other array stands for itself."""
        origins = _Origins()
        for array, (_, f) in self.definitions.items():
            arrays = {a.array for a in deep_atoms(f) if isinstance(a, Element)}
            origins[array] = frozenset().union(*(origins[a] for a in arrays))
        return origins

    @cached_property
    def _nonzero(self) -> set[Atom]:
        """What the forward pass divides by or takes the logarithm of."""
        found: set[Atom] = set()
        for _, f in self.definitions.values():
            found |= _divisors(f)
            for a in deep_atoms(f):
                if isinstance(a, Node) and a.head == "log":
                    found |= a.args[0].atoms() if len(a.args[0]) == 1 else {_whole(a.args[0])}
        return found

    def _moves(self, p: Poly, allowed: frozenset[Atom]) -> Iterable[tuple[Poly, frozenset[Atom]]]:
        """Forms equal to p, each with the atoms that it may divide by."""
        atoms = set(deep_atoms(p))
        expanded = expand_all(p)
        if expanded != p:
            yield expanded, allowed
        if any(isinstance(a, Node) and a.head == "sign" for a in atoms):
            yield sign_times(p), allowed
        for elimination in self._applicable(atoms):
            new = allowed
            if allowed and self._defined(elimination.replacement, frozenset()):
                inverses = (elimination.apply(atom(a, -1)) for a in allowed)
                new = allowed.union(*(_divisors(q) for q in inverses))
            yield from _form(partial(elimination.apply, p), new)
        largest = (a for a in atoms if isinstance(a, Node) and a.head == "maximum")
        for a in sorted(largest, key=str):
            yield from ((e.apply(p), allowed) for e in absorbed(a, a))
        for elimination in denominators(p):
            yield from _form(partial(_expanded, elimination, expanded), allowed)

    def _applicable(self, atoms: set[Atom]) -> list[Elimination]:
        """The eliminations whose kernel is among the atoms, in the order of the program."""
        kinds = {kind(a) for a in atoms}
        return [e for e in self._eliminations if kind(e.kernel) in kinds and e.occurs_in(atoms)]

    @cached_property
    def _eliminations(self) -> list[Elimination]:
        found: list[Elimination] = []
        for array, (indices, f) in self.definitions.items():
            if array not in self._hidden:
                found += eliminations(array, indices, f)
                found += in_branches(array, indices, f)
        return found


def _form(
    make: Callable[[], Poly], allowed: frozenset[Atom]
) -> Iterator[tuple[Poly, frozenset[Atom]]]:
    """What is made, unless that divides by what turns out to be 0."""
    try:
        form = make()
    except ZeroDivisionError:
        return
    yield form, allowed


def _expanded(elimination: Elimination, p: Poly) -> Poly:
    return expand_all(elimination.apply(p))


def _is_long(p: Poly) -> bool:
    """Whether trying every factoring of p would take seconds."""
    return weight(p) * len(p) > LONG


def _renamed_apart(d: Definition) -> tuple[tuple[Index, ...], Poly]:
    """A definition with free indices that nothing else has."""
    indices = tuple(fresh_index(i.size) for i in d.indices)
    return indices, rename(normal(d.expr), dict(zip(d.indices, indices, strict=True)))


def _divisors(p: Poly) -> set[Atom]:
    """The atoms with a negative exponent, anywhere in p."""
    found: set[Atom] = set()
    for m in p.terms:
        for a, e in m:
            if e < 0:
                found.add(a)
            if isinstance(a, Node):
                for arg in a.args:
                    found |= _divisors(arg)
    return found


def _whole(p: Poly) -> Atom:
    """The base that stands for a sum."""
    single = power(p, -1).single()
    bases = [a for a, _ in single[0] if isinstance(a, Node)] if single else []
    return bases[-1] if bases else Node("base", (p,))


def _union(first: tuple[Fact, ...], second: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(dict.fromkeys((*first, *second)))
