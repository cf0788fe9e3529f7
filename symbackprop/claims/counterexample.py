"""A counterexample that can be followed by hand: small sizes and simple numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from sympy import Basic, Expr

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.trees import elements
from symbackprop.claims.compare import differ
from symbackprop.claims.points import Trial, state_at
from symbackprop.claims.setting import Ground
from symbackprop.verify.constraints import Equation, Unrecognised
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.matrices import arguments, definite
from symbackprop.verify.points import Point
from symbackprop.verify.scalars import Digits, OutOfDomain
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import State, Values

_DIGITS = 120
_ATTEMPTS = 160
_GOOD = 12  # points that are found before the shortest is taken
_PLAIN = 0.02  # how far a point is from a kink, at least
_LARGE = 1e6


def _pool(text: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(word) for word in text.split())


_POOLS = {
    "": (_pool("0 1 -1 2"), _pool("1 -1 2 -2 3 1/2 -1/2"),
         _pool("1 -1 2 -2 3 4 -4 8 1/2 -1/2 1/4 -3/2 5"), _pool("1 -1 5 -5 10 -10 100 -100 1000")),
    ">0": (_pool("1 2 1/2"), _pool("1 2 3 1/2 1/4 3/4 4"), _pool("1 2 3 1/2 1/4 3/4 1/8 4 6 8"),
           _pool("1 1/10 5 10 100 1000")),
}  # fmt: skip


@dataclass(frozen=True)
class Counterexample:
    """Numbers at which a claim is wrong. place: counted from 0. claimed, true: the two values.

    claimed: None where the claim has no value.
    """

    sizes: dict[Basic, int]
    inputs: dict[Array, Values]
    place: tuple[int, ...]
    claimed: Any
    true: Any
    trial: Trial


def simple(
    setting: Ground, claimed: Expr, truth: Expr, indices: Sequence[Index],
    equations: Sequence[Assumption], *, strict: bool = False, seed: int = 1,
) -> Counterexample | None:  # fmt: skip
    """Simple numbers at which two expressions differ visibly; None where none were found.

    strict: they differ too where the first one has no value.
    """
    sides = [compiled(claimed), compiled(truth)]
    used = {e.array for side in (claimed, truth) for e in elements(side)}
    found: list[tuple[tuple[float, int], Counterexample]] = []
    for trial in _points(setting, equations, random.Random(seed), used):
        check_time()
        one = _worst(trial, sides, indices, strict)
        if one is not None:
            found.append((_length(one), one))
            if len(found) >= _GOOD:
                break
    return min(found, key=lambda f: f[0])[1] if found else None


def _worst(
    trial: Trial, sides: Sequence[Callable[..., Any]], indices: Sequence[Index], strict: bool
) -> Counterexample | None:
    """The place where two expressions differ most at a point, if they do so visibly."""
    best: tuple[float, tuple[int, ...], Any, Any] | None = None
    for place in trial.places(indices):
        at = dict(zip(indices, place, strict=True))
        try:
            two = sides[1](trial.digits, at)
        except OutOfDomain:
            return None
        try:
            one = sides[0](trial.digits, at)
        except OutOfDomain:
            if not strict:
                return None
            if best is None and abs(two) < _LARGE:
                best = 0.0, place, None, two
            continue
        size = float(max(abs(one), abs(two), 1))
        gap = float(abs(one - two)) / size
        if differ(one, two, trial.digits) and gap > 1e-3 and size < _LARGE and (
            best is None or gap > best[0] + 1e-9
        ):
            best = gap, place, one, two
    if best is None:
        return None
    _, place, one, two = best
    return Counterexample(
        dict(trial.point.sizes), dict(trial.point.values), place, one, two, trial
    )


def _length(c: Counterexample) -> tuple[float, int]:
    """How long the numbers are in print."""
    numbers = [x for values in c.inputs.values() for x in values.values()]
    many = sum(n for n in c.sizes.values())
    return sum(len(str(x)) for x in numbers) + 4 * many, len(numbers)


def _points(
    setting: Ground, equations: Sequence[Assumption], rng: random.Random, used: set[Array]
) -> Iterator[Trial]:
    """Points with simple values that satisfy the equations, the simplest first."""
    program = setting.with_equations(equations)
    try:
        rules = [Equation(a, program) for a in equations]
    except Unrecognised:
        return
    rows = _sizes(setting)
    for attempt in range(_ATTEMPTS):
        sizes = rows[attempt % len(rows) if attempt >= 24 else 0]
        level = min(attempt // 24, 2 if attempt < 100 else 3)
        point = _point(setting, program.inputs, rules, sizes, level, rng, attempt)
        if point is None:
            continue
        digits = Digits(_DIGITS)
        try:
            state = state_at(setting, digits, point)
        except OutOfDomain:
            continue
        if digits.gap[0] < _PLAIN or not _bounded(state):
            continue
        yield Trial(point, state, None)


def _bounded(state: State) -> bool:
    return all(abs(x) < _LARGE for values in state.arrays.values() for x in values.values())


def _sizes(setting: Ground) -> list[dict[Basic, int]]:
    """Small sizes, all 2 where that is allowed, then unequal ones."""
    program = setting.forward
    names = list(program.sizes)
    found: list[dict[Basic, int]] = []
    for row in sorted(product((2, 1, 3), repeat=min(len(names), 5)), key=_plain):
        sizes = dict(zip(names, (*row, *(2,) * (len(names) - len(row))), strict=True))
        if all(int(c.xreplace(sizes)) >= 0 for c in program.conditions):
            found.append(sizes)
        if len(found) >= 6:
            break
    return found or possible(names, program.conditions)


def _plain(row: tuple[int, ...]) -> tuple[int, int]:
    return sum(n != 2 for n in row), sum(n == 1 for n in row)


def _point(
    setting: Ground, inputs: Sequence[Array], rules: Sequence[Equation],
    sizes: dict[Basic, int], level: int, rng: random.Random, attempt: int,
) -> Point | None:  # fmt: skip
    state = State(Digits(15), sizes, {})
    labels, matrices = setting.forward.labels, arguments(setting.forward)
    values: dict[Array, Values] = {}
    # A domain such as that of a logarithm is often the positive numbers, or those below 1.
    mode = attempt % 3
    for array in inputs:
        places = list(state.places(array.axes))
        if array in labels:
            count = min(state.size(size) for size in labels[array])
            values[array] = {p: Fraction(rng.randrange(count)) for p in places}
            continue
        pool = _POOLS[">0" if array.sign or mode else ""][level]
        if mode == 2 and not array.sign:
            pool = tuple(x for x in _POOLS[">0"][2] if x < 1)
        values[array] = {p: rng.choice(pool) for p in places}
        if array in matrices:
            _invertible(values[array], array in definite(setting.forward))
    try:
        if not all(_satisfied(rule, sizes, values, rng) for rule in rules):
            return None
        if any(rule.residual(sizes, values, s) for rule in rules for s in rule.slots(sizes)):
            return None
    except (OutOfDomain, Unrecognised, KeyError):
        return None
    for array, given in values.items():
        if array.sign and any(x < 0 or (x == 0 and array.sign == ">0") for x in given.values()):
            return None
        if any(x.denominator > 64 for x in given.values()):
            return None
    return Point(sizes, "ordinary", values, {}, _DIGITS)


def _invertible(values: Values, symmetric: bool) -> None:
    """Simple values with a large diagonal, and the same on both sides of it where asked for."""
    for place in values:
        *stack, i, j = place
        if i == j:
            values[place] = Fraction(3)
        elif symmetric and i > j:
            values[place] = values[(*stack, j, i)]
        elif abs(values[place]) > 1:
            values[place] = Fraction(1)


def _satisfied(
    rule: Equation, sizes: dict[Basic, int], values: dict[Array, Values], rng: random.Random
) -> bool:
    """Adjust the values until an equation holds: as a single 1, or by solving for one of them."""
    target = values[rule.adjusted]
    for slot in rule.slots(sizes):
        if not rule.residual(sizes, values, slot):
            continue
        places = rule.touched(sizes, values, slot)
        before = dict(target)
        if rng.random() < 0.6:
            hot = rng.choice(places)
            target.update((p, Fraction(int(p == hot))) for p in places)
            if not rule.residual(sizes, values, slot):
                continue
            target.update(before)
        if not any(_solved(rule, sizes, values, slot, p) for p in rng.sample(places, len(places))):
            return False
    return True


def _solved(
    rule: Equation, sizes: dict[Basic, int], values: dict[Array, Values], slot: Any, place: Any
) -> bool:
    """Solve an equation that is linear in one value for it."""
    target = values[rule.adjusted]
    start = target[place]
    error = rule.residual(sizes, values, slot)
    target[place] = start + 1
    slope = rule.residual(sizes, values, slot) - error
    target[place] = start - error / slope if slope else start
    if slope and not rule.residual(sizes, values, slot):
        return True
    target[place] = start
    return False


def record(example: Counterexample) -> dict[str, Any]:
    """A counterexample as plain data; places count from 1."""
    state = example.trial.digits
    return {
        "sizes": {str(size): n for size, n in example.sizes.items()},
        "inputs": {
            array.name: _listed([str(values[p]) for p in state.places(array.axes)],
                                [state.size(size) for size in array.shape])
            for array, values in example.inputs.items()
        },
        "place": [p + 1 for p in example.place],
        "claimed": None if example.claimed is None else float(example.claimed),
        "true": float(example.true),
    }  # fmt: skip


def _listed(flat: list[str], sizes: list[int]) -> Any:
    """Nested lists of numbers; fractions as floats, which they are exactly or nearly."""
    if not sizes:
        return float(Fraction(flat[0]))
    step = len(flat) // sizes[0]
    return [_listed(flat[n * step : (n + 1) * step], sizes[1:]) for n in range(sizes[0])]
