"""Points at which a derivation is checked: input values that are inside its domain.

Values are exact rationals. A point is rejected, and another one drawn, where the forward pass has
no finite value or stands near a kink. Ordinary points have values of size 1, and smaller ones too
where the forward pass has branches, so that more of them are met. Extreme points have
values of ±1000: mixed with small ones in all inputs (variant 0), or in one input only (variant 1).
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from symbackprop.algebra.nodes import Array, Iverson, Maximum, Minimum, Where
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import walk
from symbackprop.verify.constraints import Equation, Unrecognised, satisfy
from symbackprop.verify.evaluate import fill
from symbackprop.verify.matrices import arguments, definite, dominated
from symbackprop.verify.rounding import Rounding
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.state import Rule, Sizes, State, Values

_DIGITS = 60
_TIES = 6  # after so many there is no hope: the program compares a value with itself
_ATTEMPTS = 60
MOST_DIGITS = 1000
_LARGEST = Fraction(10) ** 308


class NoPoint(Exception):
    """No point was found; the message says why."""


@dataclass(frozen=True)
class Point:
    """Sizes and input values, with the digits that the forward pass needs there.

    gap: the distance to the nearest kink; a difference quotient needs some room.
    cotangents: the weights of the outputs in the scalar that is differentiated; 1 for an output
        without an upstream gradient.
    """

    sizes: Sizes
    kind: str
    values: dict[Array, Values]
    cotangents: dict[Array, Values] = field(default_factory=dict)
    digits: int = _DIGITS
    gap: float = 1.0

    @property
    def lengths(self) -> str:
        """Its sizes, as n=2, m=3."""
        return ", ".join(f"{s}={n}" for s, n in self.sizes.items())


def rules(program: Program) -> list[Rule]:
    """The definitions of a program, for `State.run`."""
    return [(d.array, d.indices, d.expr) for d in program.definitions]


class Sampler:
    """Draws points for one program from one seed.

    weighted: the outputs that get random weights (cotangents); the others get 1.

    positive: names of inputs that must be positive, besides those whose sign says so.
    inspected: so many points are looked at, and are inside the domain, away from kinks and in need
        of the digits told; those drawn behind them may be anything. All are if None.
    branching: whether the forward pass compares values.
    """

    def __init__(
        self,
        program: Program,
        seed: int,
        *,
        weighted: Collection[Array] = (),
        positive: Collection[str] = (),
        inspected: int | None = None,
    ) -> None:
        self.program = program
        self.weighted = frozenset(weighted)
        self.rng = random.Random(seed)
        self._seed, self._inspected = seed, inspected
        self._drawn: Counter[str] = Counter()
        self._points = 0  # ordinary ones; every other is small
        self.equations = [Equation(a, program) for a in program.assumptions if a.kind == "=="]
        self.matrices, self.definite = arguments(program), definite(program)
        self.constrained = {e.adjusted for e in self.equations}
        self.positive = {a for a in program.inputs if a.sign or a.name in positive}
        self.labels = program.labels
        self.branching = any(
            isinstance(n, Iverson | Where | Maximum | Minimum)
            for d in program.definitions for n in walk(d.expr)
        )  # fmt: skip
        self._modes = list(self._domains())

    def _domains(self) -> Iterator[dict[Array, str]]:
        """Guesses at the domain of each input, the widest first."""
        choices = [
            ["label"] if a in self.labels
            else ["positive", "unit"] if a in self.positive else ["signed", "positive", "unit"]
            for a in self.program.inputs
        ]
        every = product(*choices) if len(choices) <= 4 else zip(*map(_three, choices), strict=True)
        for guess in sorted(every, key=lambda g: (len(g) - g.count("signed"), g.count("unit"))):
            yield dict(zip(self.program.inputs, guess, strict=True))

    def draw(
        self, sizes: Sizes, kind: str, variant: int, patience: int | None = None
    ) -> Point:
        """A point of a kind, "ordinary" or "extreme"; raises NoPoint with the last reason.

        patience: how many points are tried, if not as many as it takes.
        """
        # Each point has random numbers of its own, whatever it took to find the others.
        which = f"{self._seed} {sorted((str(s), n) for s, n in sizes.items())} {kind} {variant}"
        self._drawn[which] += 1
        self._points += kind == "ordinary"
        self.rng = random.Random(f"{which} {self._drawn[which]}")
        reason, tried = "no inputs", 0
        for modes in list(self._modes):
            failures = ties = 0
            for attempt in range(_ATTEMPTS):
                if tried == patience:
                    raise NoPoint(reason)
                tried += 1
                try:
                    point = self._attempt(sizes, kind, variant, modes, attempt)
                except OutOfDomain as problem:
                    reason, failures = str(problem), failures + 1
                    if failures >= (16 if kind == "extreme" else 6):
                        break
                except Unrecognised as problem:
                    raise NoPoint(str(problem)) from None
                except _Kink as kink:
                    reason, ties = "every point drawn was at a kink", ties + kink.tie
                    if ties == _TIES:
                        break
                else:
                    self._modes.remove(modes)
                    self._modes.insert(0, modes)
                    return point
            if not failures:
                break  # it is kinks that are in the way, not the domain
        raise NoPoint(reason)

    def _attempt(
        self, sizes: Sizes, kind: str, variant: int, modes: dict[Array, str], attempt: int
    ) -> Point:
        state = State(Rounding(_DIGITS), sizes, {})
        limit = (1000, 1000, 1000, 100, 30, 10)[min(attempt // 4, 5)] if kind == "extreme" else 2
        values: dict[Array, Values] = {}
        free = [a for a in self.program.differentiable if a not in self.constrained]
        large = {self.rng.choice(free)} if free and variant else set(free)
        small = 0.0
        if self.branching and kind == "ordinary" and self._points % 2 == 0:
            small = 1.0 if self._points % 4 else 0.5
        for array in self.program.inputs:
            places = list(state.places(array.axes))
            if array in self.labels:
                count = min(state.size(size) for size in self.labels[array])
                values[array] = {p: Fraction(self.rng.randrange(count)) for p in places}
                continue
            tame = array not in large or kind == "ordinary"
            mode = modes[array]
            if array in self.constrained and mode == "signed" and variant == 0:
                mode = "positive"
            values[array] = {
                p: self._ordinary(mode, small) if tame else self._extreme(mode, limit, variant, i)
                for i, p in enumerate(places)
            }
            if array in self.matrices:
                dominated(values[array], array in self.definite)
        hot = kind == "extreme" and variant == 0 and attempt % 2 == 0
        satisfy(self.equations, sizes, values, self.rng, hot)
        for array in self.positive:
            if any(x < 0 or (x == 0 and array.sign != ">=0") for x in values[array].values()):
                raise OutOfDomain(f"{array.name} must be positive")
        digits, gap = self._inspect(sizes, values, 480 if kind == "ordinary" else MOST_DIGITS)
        distance, relative = gap
        if relative < 1e-9 or (kind == "ordinary" and distance < (0.02 if attempt < 40 else 1e-6)):
            raise _Kink(relative == 0)
        return Point(sizes, kind, values, self._cotangents(sizes), digits, distance)

    def _inspect(
        self, sizes: Sizes, values: dict[Array, Values], most: int
    ) -> tuple[int, tuple[float, float]]:
        """The digits, `most` at most, that the forward pass needs here, and its nearest kink."""
        digits = _DIGITS
        if self._inspected is not None and self._points > self._inspected:
            return most, (math.inf, math.inf)
        while True:
            scalars = Rounding(digits)
            arrays = {a: {p: scalars.exact(x) for p, x in v.items()} for a, v in values.items()}
            state = State(scalars, sizes, arrays)
            problem = None
            try:
                fill(state, rules(self.program))
            except OutOfDomain as found:
                problem = found
            if scalars.enough():
                break
            if digits >= most:
                raise problem or OutOfDomain("the forward pass loses all its digits")
            digits = most if digits > _DIGITS else 480
        if problem:
            raise problem
        largest = scalars.digits.number(_LARGEST)
        for array in self.program.outputs:
            if any(abs(x.value) > largest for x in state.arrays[array].values()):
                raise OutOfDomain(f"{array.name} is too large for float64")
        return digits, scalars.gap

    def _cotangents(self, sizes: Sizes) -> dict[Array, Values]:
        state = State(Rounding(_DIGITS), sizes, {})
        return {
            array: {p: self._ordinary("signed") if array in self.weighted else Fraction(1)
                    for p in state.places(array.axes)}
            for array in self.program.outputs
        }  # fmt: skip

    def _ordinary(self, mode: str, small: float = 0.0) -> Fraction:
        """A number of moderate size, or one below `small`: on the other side of x > 1, Σ x² > 1."""
        low, high = (0.05, 0.95) if mode == "unit" else (0.05, small) if small else (0.1, 2)
        sign = self.rng.choice((-1, 1)) if mode == "signed" else 1
        return sign * _dyadic(self.rng.uniform(low, high))

    def _extreme(self, mode: str, limit: int, variant: int, place: int) -> Fraction:
        """Variant 0 mixes large and small values, variant 1 has large ones only."""
        if mode == "unit":
            return _dyadic(self.rng.choice((1e-5, 0.5, 1 - 1e-5)))
        small = () if variant or place == 0 else (self.rng.uniform(0.1, 2), 0.001)
        size = self.rng.choice((limit, self.rng.uniform(limit / 2, limit), *small))
        sign = self.rng.choice((-1, 1)) if mode == "signed" else 1
        return sign * _dyadic(size)


class _Kink(Exception):
    """The point is at, or too near to, a kink. tie: two values that are compared are the same."""

    def __init__(self, tie: bool) -> None:
        self.tie = tie


def _three(choices: list[str]) -> list[str]:
    """Three choices, the first one repeated."""
    return (choices[:1] * 2 + choices)[-3:]


def _dyadic(x: float) -> Fraction:
    """A number near x with 20 binary places: float64 holds it, and sums of it, exactly."""
    return Fraction(round(x * 2**20), 2**20)
