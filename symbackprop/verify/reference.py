"""What the derivatives are, from the forward pass alone, and what the shown formulas give.

The reference is a complex step with many digits, Im f(x + ih)/h with h = 10^(-digits/2): its
error is of order h², far below 30 digits. It uses no derivative rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import elements
from symbackprop.calculus.result import Adjoint, Backward, Tangent
from symbackprop.verify.evaluate import fill
from symbackprop.verify.moved import Moved, Tracked
from symbackprop.verify.points import MOST_DIGITS, Point, rules
from symbackprop.verify.rounding import Rounding
from symbackprop.verify.scalars import Digits, OutOfDomain
from symbackprop.verify.state import Rule, State, Values


class Target(NamedTuple):
    """What a number is: of the value of an output, or of the gradient in an input."""

    array: Array
    gradient: bool


Table = dict[Target, Values]


@dataclass(frozen=True)
class Shown:
    """What formulas give at a point: values with many digits, and their rounding scales.

    met: the values of all definitions that are not astronomic. beyond: the definitions that
    are too large for float64.
    """

    values: Table
    scales: Table
    met: list[Any]
    beyond: frozenset[Array] = frozenset()


def gradients(program: Program, wrt: Sequence[Array], point: Point) -> Table:
    """The gradient of Σ cotangent · output in each input, to more than 30 digits."""
    digits = Digits(point.digits)
    mp = digits.mp
    step = mp.mpf(10) ** -(point.digits // 2)
    inputs = {a: {p: digits.number(x) for p, x in v.items()} for a, v in point.values.items()}
    weights = {a: {p: digits.number(x) for p, x in v.items()} for a, v in point.cotangents.items()}
    base = Tracked(digits, point.sizes, inputs)
    fill(base, rules(program))
    found: Table = {}
    for array in wrt:
        below = _affected(program, array)
        slopes = found[Target(array, True)] = {}
        for place, x in inputs[array].items():
            state = Moved(base, array, place, mp.mpc(x, step))
            fill(state, below)
            total = mp.zero
            for output in program.outputs:
                values = state.arrays[output]
                total += sum((w * values[p].imag for p, w in weights[output].items()), mp.zero)
            slopes[place] = total / step
    return found


def shown(backward: Backward, point: Point) -> Shown:
    """The outputs by the definitions, and the gradients by the shown steps."""
    program = backward.program
    wanted = {Target(o, False): o for o in program.outputs}
    wanted.update((Target(a, True), backward.step(a).array) for a in backward.wrt)
    weights = {
        upstream: point.cotangents[output]
        for output, upstream in zip(program.outputs, backward.upstream, strict=True)
        if upstream is not None
    }
    return evaluated(program, backward.steps, wanted, point, weights)


def evaluated(
    program: Program,
    steps: Sequence[Adjoint | Tangent],
    wanted: Mapping[Target, Array],
    point: Point,
    weights: Mapping[Array, Values] = MappingProxyType({}),
) -> Shown:
    """The arrays of a program and of the steps behind it. weights: upstream gradients.

    The steps may need more digits than the forward pass did. Raises OutOfDomain where a step has
    no value, however many digits there are.
    """
    for digits in (point.digits, MOST_DIGITS):
        scalars = Rounding(digits)
        try:
            found = _evaluated(program, steps, wanted, point, weights, scalars)
        except OutOfDomain:
            if digits == MOST_DIGITS:
                raise
        else:
            if scalars.enough():
                break
    return found


def _evaluated(
    program: Program,
    steps: Sequence[Adjoint | Tangent],
    wanted: Mapping[Target, Array],
    point: Point,
    weights: Mapping[Array, Values],
    scalars: Rounding,
) -> Shown:
    arrays = {a: {p: scalars.exact(x) for p, x in v.items()} for a, v in point.values.items()}
    state = State(scalars, point.sizes, arrays)
    fill(state, rules(program))
    for upstream, values in weights.items():
        state.arrays[upstream] = {p: scalars.exact(x) for p, x in values.items()}
    state.masked = True
    fill(state, ((s.array, s.indices, s.expr) for s in steps))
    return Shown(
        {t: {p: x.value for p, x in state.arrays[a].items()} for t, a in wanted.items()},
        {t: {p: x.scale for p, x in state.arrays[a].items()} for t, a in wanted.items()},
        [abs(x.value) for d in program.definitions for x in state.arrays[d.array].values()
         if abs(x.value) < 1e10],
        frozenset(d.array for d in program.definitions
                  if any(abs(x.value) > 1e308 for x in state.arrays[d.array].values())),
    )  # fmt: skip


def along(program: Program, direction: Mapping[Array, Values], point: Point) -> Any:
    """The derivative of Σ cotangent · output along a direction, to more than 30 digits."""
    digits = Digits(point.digits)
    mp = digits.mp
    step = mp.mpf(10) ** -(point.digits // 2)
    inputs = {a: {p: digits.number(x) for p, x in v.items()} for a, v in point.values.items()}
    moved = {a: {p: mp.mpc(inputs[a][p], step * d) for p, d in v.items()}
             for a, v in direction.items()}  # fmt: skip
    state = State(digits, point.sizes, inputs | moved)
    fill(state, rules(program))
    parts = (digits.number(w) * state.arrays[o][p].imag
             for o in program.outputs for p, w in point.cotangents[o].items())  # fmt: skip
    return sum(parts, mp.zero) / step


def vanishes(derivative: Any, largest: Any) -> bool:
    """Whether a complex step is only the last of its 60 digits, left of terms that all cancel.

    largest: the largest of the numbers it was computed from.
    """
    return bool(abs(derivative) < 1e-45 * largest)


def _affected(program: Program, array: Array) -> list[Rule]:
    """The definitions that depend on an input, in order."""
    changed: set[Any] = {array}
    found = []
    for rule in rules(program):
        if any(e.array in changed for e in elements(rule[2])):
            changed.add(rule[0])
            found.append(rule)
    return found
