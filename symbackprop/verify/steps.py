"""Each step of a derivation on its own: whether the two sides are equal, by no rule of ours.

A derivative that is not worked out yet is a complex step of what it is the derivative of.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sympy import Basic, Expr

from symbackprop.algebra.letters import rebuilt
from symbackprop.algebra.nodes import Element, Index
from symbackprop.algebra.partial import Partial, Slope
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.trees import rename
from symbackprop.calculus.chains import Step
from symbackprop.calculus.steps import Section, Steps
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import Env, Node, State, compiled
from symbackprop.verify.exact import AGREES, FALSE, INCONCLUSIVE, PROVED, Comparison
from symbackprop.verify.field import Field
from symbackprop.verify.points import NoPoint, Point, Sampler, rules
from symbackprop.verify.scalars import Digits, OutOfDomain, Scalars
from symbackprop.verify.sizes import possible

_DRAWS = 60  # points of which one is sought where all square roots have values in the field
_DIGITS = 120  # twice those of the derivatives: a complex step has half of them
_CLOSE = 50  # digits that have to agree
_SIZES = 3  # sets of sizes
_PLACES = 4  # elements that are compared at each


@dataclass(frozen=True)
class Checked:
    """A step and what became of its check."""

    step: Step
    comparison: Comparison


def checked(steps: Steps, *, seed: int = 0) -> list[list[Checked]]:
    """Every step of every section, compared at small unequal sizes."""
    program, why = _with_gradients(steps), "no point was found"
    try:
        trials = list(islice(_trials(program, steps.program.definitions, seed), _SIZES))
    except (NoPoint, Unrecognised, OutOfDomain) as problem:
        trials, why = [], str(problem)
    if not trials:
        nothing = Comparison(INCONCLUSIVE, 0, why)
        return [[Checked(step, nothing) for step in s.steps] for s in steps.sections]
    return [[Checked(step, _check(program, section, step, trials)) for step in section.steps]
            for section in steps.sections]  # fmt: skip


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
    for sizes in possible(list(program.sizes), program.conditions):
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
        yield _Trial(found, _state(program, Digits(max(_DIGITS, found.digits)), found), field)


def _state(program: Program, scalars: Scalars, point: Point) -> State:
    """All arrays of the program at a point; upstream gradients are inputs like others."""
    values = {a: {p: scalars.number(x) for p, x in v.items()} for a, v in point.values.items()}
    state = State(scalars, point.sizes, values)
    state.run(rules(program))
    state.masked = True
    return state


def _with_gradients(steps: Steps) -> Program:
    """The program with the gradients as definitions, as far as they are found above."""
    found = tuple(Definition(s.adjoint, s.indices, s.result) for s in steps.sections)
    upstream = tuple(u for u in steps.upstream if u is not None)
    program = steps.program
    return replace(
        program, inputs=(*program.inputs, *upstream), definitions=(*program.definitions, *found)
    )


def _check(
    program: Program, section: Section, step: Step, trials: Sequence[_Trial]
) -> Comparison:
    sides = [compiled(_opened(program, e)) for e in (step.before, step.after)]
    raw = step.before.has(Partial) or step.after.has(Partial)
    proved, points = not raw, 0
    for trial in trials:
        axes = [i.size for i in section.indices]
        places = list(trial.digits.places(axes))
        for place in random.Random(points).sample(places, min(len(places), _PLACES)):
            at = dict(zip(section.indices, place, strict=True))
            if proved and trial.field is not None and _same_in_field(sides, trial.field, at):
                continue
            proved = False
            try:
                one, two = (side(trial.digits, at) for side in sides)
            except OutOfDomain as problem:
                return Comparison(INCONCLUSIVE, points, str(problem))
            mp = trial.digits.scalars.mp  # type: ignore[attr-defined]
            if abs(one - two) > mp.mpf(10) ** -_CLOSE * max(abs(one), 1):
                sizes = ", ".join(f"{s}={n}" for s, n in trial.point.sizes.items())
                pair = f"{float(one):.9g} and {float(two):.9g}"
                return Comparison(FALSE, points, f"{pair} at {list(place)} with {sizes}")
        points += 1
    return Comparison(PROVED if proved else AGREES, points)


def _same_in_field(sides: Sequence[Node], state: State, at: Env) -> bool:
    try:
        one, two = (side(state, at) for side in sides)
    except OutOfDomain:
        return False
    return bool(one.p == two.p)


def _opened(program: Program, expr: Basic) -> Expr:
    """∂y_j/∂x_k as the derivative of what defines y_j."""
    if isinstance(expr, Slope):
        y = expr.expr
        assert isinstance(y, Element)
        definition = next(d for d in program.definitions if d.array == y.array)
        place = dict(zip(definition.indices, y.indices, strict=True))
        return Partial(rename(definition.expr, place), expr.element)
    if isinstance(expr, Element | Index) or not expr.has(Slope):
        return expr
    return rebuilt(expr, [_opened(program, a) for a in expr.args])
