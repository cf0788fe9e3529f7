"""Input values that satisfy declared equations such as Σ t = 1, exactly."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Assumption, Program
from symbackprop.algebra.trees import elements
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.scalars import Digits, Exact, OutOfDomain
from symbackprop.verify.state import Env, Sizes, State, Values

_DIGITS = 1100
_NOTHING = Fraction(1, 10**1000)


class Unrecognised(Exception):
    """No way is known to make points that satisfy a declared equation; the message says which."""


class Equation:
    """One declared equation, and the input whose values are adjusted until it holds."""

    def __init__(self, assumption: Assumption, program: Program) -> None:
        self.assumption = assumption
        self.text = assumption.text
        arrays = [e.array for side in (assumption.left, assumption.right)
                  for e in sorted(elements(side), key=str)]  # fmt: skip
        computed = [a.name for a in arrays if a not in program.inputs]
        if computed or not arrays:
            what = f"about {computed[0]}, which is computed" if computed else "about no input"
            raise Unrecognised(f"{self.text}: it is {what}")
        self.arrays = tuple(dict.fromkeys(arrays))
        self.adjusted = arrays[0]
        difference = assumption.left - assumption.right
        self.free = sorted((i for i in difference.free_symbols if isinstance(i, Index)), key=str)
        self._difference = difference

    def slots(self, sizes: Sizes) -> list[Env]:
        """The values of the free indices: one equation for each."""
        state = State(Exact(), sizes, {})
        places = product(*(range(state.size(i.size)) for i in self.free))
        return [dict(zip(self.free, place, strict=True)) for place in places]

    def residual(self, sizes: Sizes, values: Mapping[Array, Values], slot: Env) -> Fraction:
        """Left minus right; 0 below 10^-1000, for a root need not be rational."""
        try:
            found: Fraction = evaluate(self._difference, Exact(), sizes, values, slot)
        except OutOfDomain:
            digits = Digits(_DIGITS)
            arrays = {a: {k: digits.number(x) for k, x in v.items()} for a, v in values.items()}
            found = to_fraction(evaluate(self._difference, digits, sizes, arrays, slot))
        return found if abs(found) > _NOTHING else Fraction(0)

    def touched(self, sizes: Sizes, values: Mapping[Array, Values], slot: Env) -> list[Any]:
        """The places of the adjusted input that this equation reads."""
        reads = _Reads(values[self.adjusted])
        self.residual(sizes, {**values, self.adjusted: reads}, slot)
        return sorted(reads.places)


class _Reads(dict[tuple[int, ...], Any]):
    """Values that remember which of their places were read."""

    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self.places: set[tuple[int, ...]] = set()

    def __getitem__(self, place: tuple[int, ...]) -> Any:
        self.places.add(place)
        return super().__getitem__(place)

    def items(self) -> Any:
        self.places.update(self)
        return super().items()


def satisfy(
    equations: list[Equation],
    sizes: Sizes,
    values: dict[Array, Values],
    rng: random.Random,
    one_hot: bool,
) -> None:
    """Adjust the values until every equation holds; raises Unrecognised where they will not.

    one_hot: where a vector with a single 1 satisfies an equation, take that instead.
    """
    for equation in equations:
        for slot in equation.slots(sizes):
            if not equation.residual(sizes, values, slot):
                continue  # it holds already, as A == A.T does on the diagonal
            if not (one_hot and _one_hot(equation, sizes, values, slot, rng)):
                _adjust(equation, sizes, values, slot)
    for equation in equations:
        if any(equation.residual(sizes, values, slot) for slot in equation.slots(sizes)):
            raise Unrecognised(f"{equation.text}: no point was found that satisfies it")


def _one_hot(
    equation: Equation, sizes: Sizes, values: dict[Array, Values], slot: Env, rng: random.Random
) -> bool:
    target = values[equation.adjusted]
    places = equation.touched(sizes, values, slot)
    before = dict(target)
    hot = rng.choice(places)
    target.update((place, Fraction(int(place == hot))) for place in places)
    if equation.residual(sizes, values, slot) == 0:
        return True
    target.update(before)
    return False


def _adjust(equation: Equation, sizes: Sizes, values: dict[Array, Values], slot: Env) -> None:
    """Scale the values near to the equation, then solve it for the largest of them."""
    target = values[equation.adjusted]
    places = equation.touched(sizes, values, slot)
    if not places:
        return

    def residual(changed: dict[Any, Fraction]) -> Fraction:
        trial = {**values, equation.adjusted: {**target, **changed}}
        return equation.residual(sizes, trial, slot)

    at_zero = residual({place: Fraction(0) for place in places})
    for _ in range(8):
        span = residual({}) - at_zero
        if not span or at_zero / span >= 0:
            break
        # The root suits a sum of squares and is near enough for a sum; rounded to few binary
        # digits, so that float64 holds the adjusted values exactly.
        factor = Fraction(math.sqrt(-at_zero / span))
        target.update((p, Fraction(round(target[p] * factor * 2**20), 2**20)) for p in places)
    for place in sorted(places, key=lambda p: -abs(target[p])):
        start = target[place]
        error = residual({})
        slope = residual({place: start + 1}) - error
        if slope and residual({place: start - error / slope}) == 0:
            target[place] = start - error / slope
            return
        root = _secant(partial(_at, residual, place), start)
        if root is not None:
            target[place] = root
            return
    raise Unrecognised(f"{equation.text}: it could not be solved for an element of "
                       f"{equation.adjusted.name}")  # fmt: skip


def _at(residual: Callable[..., Fraction], place: Any, x: Fraction) -> Fraction:
    return residual({place: x})


def _secant(residual: Callable[[Fraction], Fraction], start: Fraction) -> Fraction | None:
    """A root to a thousand digits by the secant method, or None."""
    mp = Digits(_DIGITS).mp

    def at(x: Any) -> Any:
        found = residual(to_fraction(x))
        return mp.mpf(found.numerator) / found.denominator

    one = mp.mpf(start.numerator) / start.denominator
    two = one + mp.mpf("0.01")
    try:
        f_one, f_two = at(one), at(two)
        for _ in range(40):
            if f_two == 0:
                return to_fraction(two)
            if f_one == f_two or abs(two) > 1e6:
                return None
            one, two = two, two - f_two * (two - one) / (f_two - f_one)
            f_one, f_two = f_two, at(two)
    except OutOfDomain:
        return None
    return None


def to_fraction(x: Any) -> Fraction:
    """The exact value of a number of mpmath."""
    sign, mantissa, exponent, _ = x._mpf_
    value = Fraction(mantissa) * (Fraction(2) ** exponent)
    return Fraction(-value if sign else value)
