"""Each step of a derivation on its own: whether the two sides are equal, by no rule of ours.

A derivative that is not worked out yet is a complex step of what it is the derivative of.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from sympy import Expr

from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.partial import Partial, Slope
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import substituted
from symbackprop.calculus.chains import Step
from symbackprop.calculus.steps import Steps
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.exact import AGREES, FALSE, INCONCLUSIVE, PROVED, Comparison, state_at
from symbackprop.verify.field import Field
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.scalars import Digits, OutOfDomain, Scalars
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import Env, Node, State

_DRAWS = 60  # points of which one is sought where all square roots have values in the field
_DIGITS = 120  # twice those of the derivatives: a complex step has half of them
_CLOSE = 50  # digits that have to agree
_SIZES = 3  # sets of sizes
_PLACES = 4  # elements that are compared at each
_ALIKE = 2  # more of them, with equal indices


@dataclass(frozen=True)
class Checked:
    """A step and what became of its check."""

    step: Step
    comparison: Comparison


def checked(steps: Steps, *, seed: int = 0) -> list[list[Checked]]:
    """Every step of every section, compared at small unequal sizes."""
    found = [Definition(s.adjoint, s.indices, s.result) for s in steps.sections]
    checker = Checker(steps.program, steps.upstream, found, seed=seed)
    return [[Checked(step, checker.compare(step.before, step.after, section.indices))
             for step in section.steps] for section in steps.sections]  # fmt: skip


@dataclass(frozen=True)
class _Trial:
    """A point, and the state of the program there: with many digits, and in the field if it has
    a value there."""

    point: Point
    digits: State
    field: State | None


def _trials(
    program: Program, forward: tuple[Definition, ...], seed: int
) -> Iterator[_Trial]:
    # A gradient compares for equality, at a point that is no kink of the forward pass.
    sampler = Sampler(replace(program, definitions=forward), seed)
    every = possible(list(program.sizes), program.conditions)
    count = _SIZES + sampler.branching  # two points of each kind, where values are compared
    for sizes in islice(cycle(every), 2 * len(every)):
        if not count:
            break
        try:
            found, field = sampler.draw(sizes, "ordinary", 1), None
        except NoPoint:  # a deviation from the mean of one element is 0
            continue
        for _ in range(_DRAWS):
            try:
                field = _state(program, Field(), found)
                break
            except OutOfDomain:
                found = sampler.draw(sizes, "ordinary", 1)
        count -= 1
        yield _Trial(found, _state(program, Digits(max(_DIGITS, found.digits)), found), field)


def _state(program: Program, scalars: Scalars, point: Point) -> State:
    """All arrays of the program at a point; upstream gradients are inputs like others."""
    state = state_at(program, scalars, point)
    state.masked = True
    return state


class Checker:
    """Compares expressions over one program and its gradients, at a few points.

    upstream: the upstream gradients, which are inputs like others. found: the gradients that the
    expressions may name.
    """

    def __init__(
        self,
        program: Program,
        upstream: Iterable[Array | None],
        found: Iterable[Definition],
        *,
        seed: int = 0,
    ) -> None:
        inputs = (*program.inputs, *(u for u in upstream if u is not None))
        self._program = replace(program, inputs=inputs, definitions=(*program.definitions, *found))
        self._trials: list[_Trial] = []
        self._why = "no point was found"
        try:
            trials = _trials(self._program, program.definitions, seed)
            self._trials = list(trials)
        except (NoPoint, Unrecognised, OutOfDomain) as problem:
            self._why = str(problem)

    def compare(
        self,
        before: Expr,
        after: Expr,
        indices: tuple[Index, ...],
        apart: tuple[Index, Index] | None = None,
    ) -> Comparison:
        """Whether two expressions are equal for all values of the free indices.

        apart: two of these that are never equal.
        """
        if not self._trials:
            return Comparison(INCONCLUSIVE, 0, self._why)
        sides = [compiled(_opened(self._program, e)) for e in (before, after)]
        proved, points = not (before.has(Partial) or after.has(Partial)), 0
        for trial in self._trials:
            places = [dict(zip(indices, place, strict=True))
                      for place in trial.digits.places([i.size for i in indices])]  # fmt: skip
            if apart is not None:
                places = [at for at in places if at[apart[0]] != at[apart[1]]]
            for at in _some(places, random.Random(points)):
                if proved and trial.field is not None and _same_in_field(sides, trial.field, at):
                    continue
                proved = False
                try:
                    found = _difference(sides, trial, at)
                except OutOfDomain as problem:
                    return Comparison(INCONCLUSIVE, points, str(problem))
                if found is not None:
                    return Comparison(FALSE, points, found)
            points += bool(places)
        if not points:
            return Comparison(INCONCLUSIVE, 0, "nothing was compared")
        return Comparison(PROVED if proved else AGREES, points)


def _some(places: list[Env], rng: random.Random) -> list[Env]:
    """A few places; and a few where the indices are equal, as elsewhere a δ is 0 on both sides."""
    alike = [at for at in places if len(at) > 1 and len(set(at.values())) == 1]
    chosen = rng.sample(places, min(len(places), _PLACES))
    more = rng.sample(alike, min(len(alike), _ALIKE))
    return [*chosen, *(at for at in more if at not in chosen)]


def _difference(sides: Sequence[Node], trial: _Trial, at: Env) -> str | None:
    """The two values where they are not the same in many digits."""
    one, two = (side(trial.digits, at) for side in sides)
    mp = trial.digits.scalars.mp  # type: ignore[attr-defined]
    if abs(one - two) <= mp.mpf(10) ** -_CLOSE * max(abs(one), 1):
        return None
    sizes = trial.point.lengths
    return f"{float(one):.9g} and {float(two):.9g} at {list(at.values())} with {sizes}"


def _same_in_field(sides: Sequence[Node], state: State, at: Env) -> bool:
    try:
        one, two = (side(state, at) for side in sides)
    except OutOfDomain:
        return False
    return bool(one.p == two.p)


def _opened(program: Program, expr: Expr) -> Expr:
    """∂y_j/∂x_k as the derivative of what defines y_j."""

    def put(part: Expr) -> Expr | None:
        if not isinstance(part, Slope):
            return None
        y = part.expr
        assert isinstance(y, Element)
        definition = next(d for d in program.definitions if d.array == y.array)
        place = dict(zip(definition.indices, y.indices, strict=True))
        return Partial(rename(definition.expr, place), part.element)

    return substituted(expr, put)
