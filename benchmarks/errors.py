"""Errors of generated code in units of the last place, beside the condition of each number.

|computed - true| / ulp(true) / (1 + k), with k = Σ |x_i ∂f/∂x_i| / |f| over the inputs that have
rounding errors: real-valued ones and upstream gradients, no labels and no one-hot targets.
"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from benchmarks.balls import Truth
from symbackprop import Derivation
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.trees import elements
from symbackprop.verify.generated import dense
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import Table, Target
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import Values

BOUND = 4.0
_STEP = Fraction(1, 2**100)  # exact where it is added to a number
_INSPECTED = 12  # points that tell of the domain; elsewhere there is no value, which is seen
_DIRECTIONS = 2


def held_inputs(derivation: Derivation) -> set[Array]:
    """The inputs that an assumption speaks of; they are not scaled."""
    assumptions = derivation.backward.program.assumptions
    return {e.array for a in assumptions for side in (a.left, a.right) for e in elements(side)}


def real_inputs(derivation: Derivation, point: Point) -> list[Array]:
    """The inputs that have rounding errors of their own: no labels, no one-hot targets."""
    program, held = derivation.backward.program, held_inputs(derivation)
    return [a for a in program.inputs if a not in program.labels
            and not (a in held and {*point.values[a].values()} <= {0, 1})]  # fmt: skip


def one_hot(values: Values) -> Values:
    """Rows that sum to 1 as rows of one 1, at their largest; others as they are."""
    rows: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for place in values:
        rows.setdefault(place[:-1], []).append(place)
    if any(abs(sum(values[p] for p in row) - 1) > 1e-5 for row in rows.values()):
        return values
    tops = {max(row, key=lambda p: values[p]) for row in rows.values()}
    return {place: Fraction(place in tops) for place in values}


def points(derivation: Derivation, dtype: Any, count: int) -> Iterator[Point]:
    """Points whose values are numbers of the dtype, each input on a scale of its own."""
    backward = derivation.backward
    program = backward.program
    weighted = [o for o, u in zip(program.outputs, backward.upstream, strict=True) if u is not None]
    rng = random.Random(f"{derivation.name} {dtype.__name__}")
    seed = rng.randrange(2**30)
    sampler = Sampler(program, seed, weighted=weighted, inspected=_INSPECTED)
    shapes = [a.shape for a in program.inputs]
    sizes = possible(program.sizes, program.conditions, shapes)[:2][-1]  # the first may be n = 2
    held = held_inputs(derivation)
    for number in range(count):
        try:
            point = sampler.draw(sizes, "ordinary", 0)
        except NoPoint:
            return
        values = {}
        for array, found in point.values.items():
            scale = Fraction(2) ** rng.randint(-8, 6)
            values[array] = {
                place: _stored(x if array in held else x * scale * _full(rng), dtype)
                for place, x in found.items()
            } if array not in program.labels else found
            if array in held and number % 2:
                values[array] = one_hot(values[array])
        yield replace(point, values=values)


def _full(rng: random.Random) -> Fraction:
    """A number near 1 with digits in all places."""
    return 1 + Fraction(rng.getrandbits(60), 2**64)


def _stored(x: Any, dtype: Any) -> Fraction:
    """The number of the dtype that is nearest; an integer stays."""
    return Fraction(float(dtype(float(x))))


def worst(
    derivation: Derivation, modules: Sequence[Any], dtype: Any, count: int,
    seconds: float = math.inf,
) -> tuple[list[dict[bool, float]], int]:  # fmt: skip
    """For each module the largest error of outputs (False) and of gradients (True).

    modules: or functions of the inputs and the upstream gradients that return both.
    And the number of points: `count`, or what is done in so many seconds; fewer where many of
    those drawn are outside the domain.
    """
    found = Largest(derivation, modules, dtype)
    done, end = 0, time.monotonic() + seconds
    for point in points(derivation, dtype, 2 * count):
        if done == count or (done and time.monotonic() > end):
            break
        with contextlib.suppress(OutOfDomain, FloatingPointError):
            found.meet(point)
            done += 1
    return found.errors, done


class Error(NamedTuple):
    """How far an element of a result of a module is from what is true, in units of last places."""

    module: int
    target: Target
    place: tuple[int, ...]
    units: float


class Largest:
    """The largest errors of modules, of outputs (False) and of gradients (True)."""

    def __init__(self, derivation: Derivation, modules: Sequence[Any], dtype: Any) -> None:
        self.errors = [{False: 0.0, True: 0.0} for _ in modules]
        self._derivation, self._modules, self._dtype = derivation, modules, dtype
        self._rng = random.Random(derivation.name)

    def meet(self, point: Point) -> None:
        """Take a point in; raises OutOfDomain, FloatingPointError.

        Conditions are computed as far as they tell that an error is not the largest.
        """
        truth = Truth(self._derivation.backward, point)
        conditions: dict[Any, float] = defaultdict(float)
        errors = self._above(conditions, (
            e for i, m in enumerate(self._modules)
            for e in _errors(self._derivation, i, m, self._dtype, point, truth)
        ))  # fmt: skip
        moving = list(_moving(self._derivation, point)) if errors else []
        least: dict[Any, float] = defaultdict(float)
        for _ in range(_DIRECTIONS):
            # |Σ ±x_i ∂f/∂x_i| is at most k |f|, and often enough.
            if errors:
                moved = truth.moved({at: self._rng.choice((1, -1)) * _STEP for at in moving})
                for at in {(e.target, e.place) for e in errors}:
                    least[at] = max(least[at], _change(truth.values, moved, *at))
                errors = self._above(least, errors)
        for array, place in moving:
            asked = {(e.target, e.place) for e in errors
                     if truth.depends(e.target, e.place, array, place)}  # fmt: skip
            if asked:
                moved = truth.beside(array, place, _STEP)
                for at in asked:
                    conditions[at] += _change(truth.values, moved, *at)
                errors = self._above(conditions, errors)
        for e in errors:
            most = self.errors[e.module]
            most[e.target.gradient] = max(most[e.target.gradient], _relative(e, conditions))

    def _above(self, conditions: dict[Any, float], errors: Iterable[Error]) -> list[Error]:
        """Those that are larger than the largest, as far as the conditions are known."""
        return [e for e in errors
                if _relative(e, conditions) > self.errors[e.module][e.target.gradient]]  # fmt: skip


def _relative(e: Error, conditions: dict[Any, float]) -> float:
    return e.units / (1 + conditions[e.target, e.place])


def _change(true: Table, moved: Table, target: Target, place: tuple[int, ...]) -> float:
    """|x ∂f/∂x| / |f| of f with x and of f with (1 + step) x; of several x, of the sum."""
    want = true[target][place]
    change = abs(want - moved[target][place])
    if 0 in change:
        return 0.0
    return math.inf if 0 in want else float(change / abs(want)) / float(_STEP)


def _errors(
    derivation: Derivation, number: int, module: Any, dtype: Any, point: Point, truth: Truth
) -> Iterator[Error]:
    backward = derivation.backward
    program = backward.program
    inputs = [dense(a, point.values[a], point.sizes, int if a in program.labels else dtype)
              for a in program.inputs]  # fmt: skip
    cotangents = [dense(o, point.cotangents[o], point.sizes, dtype)
                  for o, u in zip(program.outputs, backward.upstream, strict=True) if u is not None]
    outputs, grads = _ran(module, inputs, cotangents)
    if len(program.outputs) == 1:
        outputs = (outputs,)
    computed = [(Target(o, False), x) for o, x in zip(program.outputs, outputs, strict=True)]
    computed += [(Target(a, True), x) for a, x in zip(backward.wrt, grads, strict=True)]
    for target, array in computed:
        true = truth.values[target]
        near = np.array([abs(float(x)) for x in true.values()], dtype=dtype)
        for (place, want), got, unit in zip(
            true.items(), np.ravel(array).tolist(), np.spacing(near).tolist(), strict=True
        ):
            if math.isfinite(unit):
                error = float(abs(want - got)) / unit if math.isfinite(got) else math.inf
                yield Error(number, target, place, error)


def _ran(module: Any, inputs: list[Any], cotangents: list[Any]) -> Any:
    """Outputs and gradients by a module, or by a function of all that is given."""
    if callable(module):
        return module(*inputs, *cotangents)
    with np.errstate(over="raise"):
        out, saved = module.forward(*inputs)
        return out, module.backward(saved, *cotangents)


def _moving(derivation: Derivation, point: Point) -> Iterator[tuple[Array, tuple[int, ...]]]:
    """The elements of inputs that have rounding errors; upstream gradients are some."""
    backward = derivation.backward
    for array in real_inputs(derivation, point):
        yield from ((array, p) for p, x in point.values[array].items() if x)
    for output, upstream in zip(backward.program.outputs, backward.upstream, strict=True):
        if upstream is not None:
            yield from ((upstream, p) for p, x in point.cotangents[output].items() if x)
