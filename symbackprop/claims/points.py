"""The points at which claims are compared: small unequal sizes, and values on both sides of kinks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Abs, Expr, sign

from symbackprop.algebra.nodes import (
    Array,
    Index,
    IndexMax,
    Iverson,
    Maximum,
    Minimum,
    Where,
)
from symbackprop.algebra.program import Assumption
from symbackprop.claims.setting import Ground, Setting
from symbackprop.verify.evaluate import fill
from symbackprop.verify.field import Field
from symbackprop.verify.points import NoPoint, Point, Sampler, rules
from symbackprop.verify.scalars import Digits, OutOfDomain, Scalars
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import State

_SIZES = 5  # sets of sizes
_KINKS = 6  # further points where there are branches to be on both sides of
_DRAWS = 60  # points of which one is sought where all square roots have values in the field
_DIGITS = 120  # twice those that are compared
_WIDE = 10.0  # the largest value of a wide point
_PLACES = 160  # elements that are compared at a point, at most


class WideSampler(Sampler):
    """Draws values of size 1, or wide ones up to 10: beyond the bounds of relu6 and the like."""

    wide = False

    def _ordinary(self, mode: str, small: float = 0.0) -> Fraction:
        if not self.wide or mode == "unit":
            return super()._ordinary(mode, small)
        sign = self.rng.choice((-1, 1)) if mode == "signed" else 1
        return sign * Fraction(round(self.rng.uniform(0.1, _WIDE) * 2**16), 2**16)


@dataclass(frozen=True)
class Trial:
    """A point, and all arrays of a setting there: with many digits, and in the field if there."""

    point: Point
    digits: State
    field: State | None

    def places(self, indices: Sequence[Index]) -> list[tuple[int, ...]]:
        """The places that are compared: all, or spread evenly over them."""
        every = list(self.digits.places(i.size for i in indices))
        step = -(-len(every) // _PLACES)
        return every[::step] if step > 1 else every


def trials(
    setting: Ground, equations: Sequence[Assumption], *, seed: int = 0, kinks: bool = False,
    positive: bool = False,
) -> Iterator[Trial]:  # fmt: skip
    """Points that satisfy these equations; raises NoPoint and Unrecognised where there are none.

    kinks: more of them, for expressions with branches. positive: all inputs are.
    """
    program = setting.with_equations(equations)
    names = [a.name for a in program.inputs if positive and a not in program.labels]
    sampler = WideSampler(program, seed, positive=names)
    sizes = possible(list(program.sizes), program.conditions)[:_SIZES]
    rounds = [(row, False, "ordinary") for row in sizes]
    rounds += [(sizes[n % len(sizes)], True, "ordinary") for n in range(1 + _KINKS * kinks)]
    rounds += [(row, False, "extreme") for row in (sizes * 4)[:4] if kinks]
    reason, found = "no sizes fit", False
    for row, wide, kind in rounds:
        sampler.wide = wide
        try:
            trial = _trial(setting, sampler, row, kind)
        except NoPoint as problem:
            reason = reason if kind == "extreme" else str(problem)
            continue
        if trial is not None:
            found = True
            yield trial
    if not found:
        raise NoPoint(reason)


def _trial(setting: Ground, sampler: Sampler, sizes: Any, kind: str) -> Trial | None:
    """A trial at these sizes; None where the gradients have no value at any point drawn."""
    point, field = sampler.draw(sizes, kind, 0), None
    for _ in range(_DRAWS if kind == "ordinary" else 1):
        try:
            field = state_at(setting, Field(), point)
            break
        except OutOfDomain:
            if kind == "ordinary":
                point = sampler.draw(sizes, kind, 0)
    try:
        return Trial(point, state_at(setting, Digits(max(_DIGITS, point.digits)), point), field)
    except OutOfDomain:
        return None


def state_at(setting: Ground, scalars: Scalars, point: Point) -> State:
    """The forward pass and the gradients at a point; raises OutOfDomain."""
    values = {a: {p: scalars.number(x) for p, x in v.items()} for a, v in point.values.items()}
    state = State(scalars, point.sizes, values)
    fill(state, rules(setting.forward))
    state.masked = True
    fill(state, ((d.array, d.indices, d.expr) for d in setting.gradients))
    return state


def has_branches(*exprs: Expr) -> bool:
    """Whether a value is on one side or the other of something."""
    return any(e.has(Iverson, Where, Maximum, Minimum, IndexMax) for e in exprs)


def branches(setting: Ground) -> bool:
    """The same of a forward pass."""
    definitions = setting.forward.definitions
    return any(has_branches(d.expr) or d.expr.has(Abs, sign) for d in definitions)


def measured(
    setting: Setting, trial: Trial, of: Array | None, rows: tuple[int, ...], wrt: Array,
    columns: tuple[int, ...],
) -> Any:  # fmt: skip
    """∂of[rows]/∂wrt[columns] by a complex step of the forward pass, by no rule; of the loss where
    `of` is None, which is the outputs weighted by their upstream gradients.
    """
    scalars = trial.digits.scalars
    assert isinstance(scalars, Digits)
    mp = scalars.mp
    step = mp.mpf(10) ** -(mp.dps // 2)
    arrays = dict(trial.digits.arrays)
    values = dict(arrays[wrt])
    values[columns] = mp.mpc(values[columns], step)
    state = State(scalars, trial.point.sizes, {**arrays, wrt: values})
    defined = [d for d in setting.forward.definitions if d.array == wrt]
    start = setting.forward.definitions.index(defined[0]) + 1 if defined else 0
    fill(state, rules(setting.forward)[start:])
    if of is not None:
        return mp.mpc(state.arrays[of][rows]).imag / step
    total = mp.zero
    outputs, upstream = setting.forward.outputs, setting.worked.backward.upstream
    for output, up in zip(outputs, upstream, strict=True):
        for place, value in state.arrays[output].items():
            weight = mp.one if up is None else arrays[up][place]
            total += weight * mp.mpc(value).imag
    return total / step

