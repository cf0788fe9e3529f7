"""The simplifier: a short best-first search over eliminations, facts and expansion.

Its measure is the cost of the arranged result. A step may raise the cost for a while (an
elimination pays off when the next one follows), so a few states are kept open; the number of
states that are looked at is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from heapq import heappop, heappush
from itertools import count

from sympy import Expr

from symbackprop.algebra.absolute import sign_squared, sign_times
from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.cost import cost
from symbackprop.algebra.deadline import check_time, working_on
from symbackprop.algebra.expansion import delta_times, expand_all, terms_expanded
from symbackprop.algebra.nodes import Array, Index, fresh_index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import (
    Atom,
    Node,
    Poly,
    atom,
    deep_atoms,
    kind,
    kinds,
    weight,
)
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.sums import rename
from symbackprop.algebra.triangles import joined_triangles, side_of_diagonal
from symbackprop.calculus.divisors import divisors
from symbackprop.calculus.facts import Facts, declared
from symbackprop.calculus.fold import Elimination, absorbed, denominators, eliminations, in_branches
from symbackprop.calculus.match import signature
from symbackprop.calculus.matrix_facts import MatrixFacts, symmetric_array
from symbackprop.calculus.result import Fact
from symbackprop.calculus.safety import Safety
from symbackprop.calculus.stages import DELTA, EXPANDED, FACTS, Stage, stages_of, statement
from symbackprop.calculus.zeros import Zeros

STATES = 30  # looked at in one simplification
SLACK = 1.6  # how far above the best a state may cost and still be followed
WEIGHT = 120  # a form with more atoms than this and than twice the start is not looked at
WORK = 3000  # atoms of all the forms together, after which the search stops
FINALISTS = 3  # forms that are arranged with every factoring tried
TERMS = 3000  # of a form that is multiplied out
LONG = 6000  # atoms times terms of a form too long for that


@dataclass(frozen=True)
class Simplified:
    """A simplified normal form, its arranged expression, its cost, and the facts it rests on.

    path: the forms on the way to it, each with what made it out of the one before.
    """

    poly: Poly
    expr: Expr
    cost: float
    facts: tuple[Fact, ...]
    path: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class _State:
    """A form that the search met: `allowed` holds the atoms that it may divide by.

    stages: what led from the form `came` to it.
    """

    cost: float
    poly: Poly
    facts: tuple[Fact, ...]
    allowed: frozenset[Atom]
    stages: tuple[Stage, ...] = ()
    came: _State | None = None

    @property
    def path(self) -> tuple[Stage, ...]:
        """All stages from the first form on."""
        return (*(self.came.path if self.came else ()), *self.stages)


_Move = tuple[Poly, frozenset[Atom], tuple[Fact, ...], "str | Elimination"]


class TooMuch(Exception):
    """A simplifier has done the work that it may do."""


class _TooLong(Exception):
    """A form has too many terms to be multiplied out."""


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
        equations = [a for a in program.assumptions if a.kind == "=="]
        rules = [declared(a) for a in equations if symmetric_array(a) is None]
        self.facts = Facts(rules, self.definitions, MatrixFacts(equations, self.definitions))
        arrays = [*program.inputs, *(d.array for d in program.definitions)]
        self.zeros = Zeros(self.definitions, self.facts)
        self.safety = Safety(self.definitions, self.zeros)
        self._rank = {array: place for place, array in enumerate(arrays)}

    def unlimited(self) -> Simplifier:
        """The same, with no end to the work that it may do."""
        self._most = float("inf")
        return self

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
        sources = self.safety.sources(p)
        (p, used), first = self.facts.apply(changed := delta_times(p, free)), p
        stages = stages_of(first, (changed, DELTA, ()), (p, FACTS, used))
        sources |= self.safety.sources(p)
        lossy = self.safety.lossy(p)
        best = _State(cost(quick.arrange(p)), p, used, frozenset(divisors(p)), stages)
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
            for form, allowed, rests_on, why in self._moves(state.poly, state.allowed):
                check_time()
                try:
                    q, more = self.facts.apply(changed := delta_times(form, free))
                except ZeroDivisionError:  # it divides by a sum that a fact makes 0
                    continue
                self._count(q)
                if q in seen or weight(q) > limit:
                    continue
                seen.add(q)
                work += weight(q)
                facts = _union(state.facts, (*rests_on, *more))
                stages = stages_of(state.poly, (form, why, rests_on), (changed, DELTA, ()),
                                   (q, FACTS, more))  # fmt: skip
                new = _State(cost(quick.arrange(q)), q, facts, allowed, stages, state)
                heappush(queue, (new.cost, next(order), new))
                if (
                    self.safety.defined(q, allowed)
                    and self.safety.sources(q) <= sources
                    and self.safety.lossy(q) <= lossy
                ):
                    found.append(new)
                    best = min(best, new, key=lambda s: s.cost)
        arranger = self.arranger(free)
        found.sort(key=lambda s: s.cost)
        finals = [self._final(s, quick if _is_long(s.poly) else arranger)
                  for s in found[:FINALISTS]]  # fmt: skip
        return min(finals, key=lambda s: s.cost)

    def folded(self, p: Poly, free: tuple[Index, ...]) -> Poly:
        """The cheapest equal form that rests on definitions alone, or p."""
        state = self.simplify(p, free)
        return p if state.facts else state.poly

    def _count(self, p: Poly) -> None:
        self.work += weight(p) * len(p) ** 2
        if self.work > self._most:
            raise TooMuch

    def _final(self, state: _State, arranger: Arranger) -> Simplified:
        expr = arranger.arrange(state.poly)
        return Simplified(state.poly, expr, cost(expr), state.facts, state.path)

    def _moves(self, p: Poly, allowed: frozenset[Atom]) -> Iterable[_Move]:
        """Forms equal to p; the atoms that each may divide by, the facts it rests on, the law."""
        atoms = set(deep_atoms(p))
        expanded = expand_all(p) if terms_expanded(p) <= TERMS else p
        if expanded != p:
            yield expanded, allowed, (), EXPANDED
        if any(isinstance(a, Node) and a.head == "sign" for a in atoms):
            yield sign_times(p), allowed, (), statement(sign_times)
            yield sign_squared(p), allowed, (), statement(sign_squared)
        if any(side_of_diagonal(a) for a in atoms):
            yield joined_triangles(p), allowed, (), statement(joined_triangles)
        for elimination in self._applicable(atoms):
            new = allowed
            if allowed and self.safety.defined(elimination.replacement, frozenset()):
                try:
                    inverses = [elimination.apply(atom(a, -1)) for a in allowed]
                except ZeroDivisionError:  # the forward pass divides by what is always 0
                    continue
                new = allowed.union(*map(divisors, inverses))
            yield from _form(partial(elimination.apply, p), new, elimination)
        largest = (a for a in atoms if isinstance(a, Node) and a.head == "maximum")
        for a in sorted(largest, key=str):
            yield from ((e.apply(p), allowed, (), e) for e in absorbed(a, a))
        for elimination in denominators(p):
            if not self.safety.holds_everywhere(elimination.replacement):
                continue
            yield from _form(partial(_expanded, elimination, expanded), allowed, elimination)

    def _applicable(self, atoms: set[Atom]) -> list[Elimination]:
        """The eliminations whose kernel is among the atoms, in the order of the program."""
        keys = {signature(a) for a in atoms} | {kind(a) for a in atoms}
        found = [p for key in keys for p in self._eliminations.get(key, ())]
        return [e for _, e in sorted(found, key=lambda p: p[0]) if e.occurs_in(atoms)]

    @cached_property
    def _eliminations(self) -> dict[object, list[tuple[int, Elimination]]]:
        """The eliminations and their places in the program, by what the atoms are that they meet:
        the signature of the kernel, or its kind where it may be a part of an atom.
        """
        found: dict[object, list[tuple[int, Elimination]]] = {}
        place = count()
        for d in self.program.definitions:
            if d.array in self._hidden:
                continue
            indices, f = self.definitions[d.array]
            with working_on(f"the definition of {d.place}"):
                solving = not self.facts.matrices.inverses.isdisjoint(kinds(f))
                solved = [*self._solved(d.array, indices, f, (), solving),
                          *in_branches(d.array, indices, f)]
                turned, facts = self.facts.matrices.apply(f)
                if turned != f:
                    solved += self._solved(d.array, indices, turned, facts, solving)
            for e in solved:
                if not self.safety.holds_everywhere(e.replacement):
                    continue
                key = kind(e.kernel) if e.parts else signature(e.kernel)
                found.setdefault(key, []).append((next(place), e))
        return found

    def _solved(
        self,
        array: Array,
        indices: tuple[Index, ...],
        f: Poly,
        facts: tuple[Fact, ...],
        parts: bool,
    ) -> Iterable[Elimination]:
        """The eliminations of one form of a definition, and what that form rests on."""
        for e in eliminations(array, indices, f):
            yield replace(e, facts=facts, parts=parts and e.exponent == 1)


def _form(
    make: Callable[[], Poly], allowed: frozenset[Atom], elimination: Elimination
) -> Iterator[_Move]:
    """What is made, unless that divides by what turns out to be 0, or is too long."""
    try:
        form = make()
    except (ZeroDivisionError, _TooLong):
        return
    yield form, allowed, elimination.facts, elimination


def _expanded(elimination: Elimination, p: Poly) -> Poly:
    form = elimination.apply(p)
    if terms_expanded(form) > TERMS:
        raise _TooLong
    return expand_all(form)


def _is_long(p: Poly) -> bool:
    """Whether trying every factoring of p would take seconds."""
    return weight(p) * len(p) > LONG


def _renamed_apart(d: Definition) -> tuple[tuple[Index, ...], Poly]:
    """A definition with free indices that nothing else has."""
    indices = tuple(fresh_index(i.size) for i in d.indices)
    with working_on(f"the definition of {d.place}"):
        return indices, rename(normal(d.expr), dict(zip(d.indices, indices, strict=True)))


def _union(first: tuple[Fact, ...], second: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(dict.fromkeys((*first, *second)))
