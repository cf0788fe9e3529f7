"""Index expressions in ball arithmetic: each number with a bound on its error (Arb, python-flint).

What a formula gives at a point is true to the digits that the ball says, by proof; where these are
too few, it is computed again with more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from flint import acb, arb, ctx, fmpq

from symbackprop.algebra.nodes import Array
from symbackprop.calculus.result import Backward
from symbackprop.verify.evaluate import fill
from symbackprop.verify.moved import Moved, Tracked
from symbackprop.verify.points import Point, rules
from symbackprop.verify.reference import Table, Target
from symbackprop.verify.scalars import DOMAINS, OutOfDomain, Scalars
from symbackprop.verify.state import State, Values

_BITS = (256, 1024, 4096, 16384)
_SHARP = 170  # bits of a value that are to be right: 51 digits
_NOTHING = arb(2) ** -4096
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "loggamma": arb.lgamma, "trigamma": lambda x: acb(x).polygamma(1).real,
}  # fmt: skip


class Undecided(Exception):
    """The bounds of the errors do not tell; more digits will."""


class Balls(Scalars):
    """Real numbers with bounds on their errors. last: what is undecided counts as equal."""

    def __init__(self, bits: int, last: bool) -> None:
        super().__init__()
        self.bits, self.last = bits, last

    def number(self, value: Fraction) -> Any:
        return arb(fmpq(value.numerator, value.denominator))

    def constant(self, name: str) -> Any:
        return arb.pi() if name == "pi" else arb.const_e()

    def real(self, x: Any) -> Any:
        return int(x.unique_fmpz()) if x.is_integer() else x

    def compare(self, u: Any, v: Any) -> int:
        if u is v:  # a value, and the largest of some
            return 0
        difference = u - v
        if difference > 0:
            return 1
        if difference < 0:
            return -1
        if not difference.is_zero() and not self.last:
            raise Undecided
        return 0

    def function(self, name: str, x: Any) -> Any:
        inside, outside = DOMAINS.get(name, (None, ""))
        if inside is not None and not inside(x):
            self._outside(f"{name} of {outside}")
        found = _FUNCTIONS.get(name)
        value = found(x) if found else getattr(x, name)()
        return value if value.is_finite() else self._outside(f"{name} has no value")

    def root_power(self, base: Any, exponent: Any) -> Any:
        if not base > 0:
            self._outside("a root of a number that is not positive")
        return base**exponent

    def integer_power(self, base: Any, exponent: int) -> Any:
        if exponent < 0 and 0 in base:
            self._outside("division by 0")
        return base**exponent

    def _outside(self, what: str) -> Any:
        raise OutOfDomain(what) if self.last else Undecided


class Truth:
    """The outputs and the gradients of a derivation at a point, by its formulas, and conditions.

    values: to 50 digits at least; what is below 2^-4096 may be 0. Raises
    OutOfDomain where a formula has no value.
    """

    def __init__(self, backward: Backward, point: Point) -> None:
        program = backward.program
        self._rules = [*rules(program), *((s.array, s.indices, s.expr) for s in backward.steps)]
        self._arrays = {Target(o, False): o for o in program.outputs}
        self._arrays.update((Target(a, True), backward.step(a).array) for a in backward.wrt)
        weights = {u: point.cotangents[o]
                   for o, u in zip(program.outputs, backward.upstream, strict=True)
                   if u is not None}  # fmt: skip
        self.inputs: dict[Array, Values] = {**point.values, **weights}
        for bits in _BITS:
            ctx.prec = bits
            try:
                self._scalars = Balls(bits, bits == _BITS[-1])
                self.values = self._evaluated(point)
            except Undecided:
                continue
            self._beside = Balls(bits, True)  # what is equal at the point stays so
            found = [x for v in self.values.values() for x in v.values()]
            if all(x.rel_accuracy_bits() > _SHARP for x in found):
                return
        if not all(x.rel_accuracy_bits() > _SHARP or abs(x) < _NOTHING for x in found):
            raise OutOfDomain("values that many digits do not tell")

    def _evaluated(self, point: Point) -> Table:
        number = self._scalars.number
        arrays = {a: {p: number(x) for p, x in v.items()} for a, v in self.inputs.items()}
        self._base = Tracked(self._scalars, point.sizes, arrays)
        self._base.masked = True
        fill(self._base, self._rules)
        return {t: self._base.arrays[a] for t, a in self._arrays.items()}

    def depends(self, target: Target, place: tuple[int, ...], array: Array, at: Any) -> bool:
        """Whether this element of a result is made of that element of an input."""
        return bool(self._base.of[self._arrays[target]][place] & self._base.of[array][at])

    def beside(self, array: Array, place: tuple[int, ...], step: Fraction) -> Table:
        """The results with one element of an input (1 + step) times as large."""
        value = self._base.arrays[array][place] * self._scalars.number(1 + step)
        return self._of(Moved(self._base, array, place, value))

    def moved(self, steps: Mapping[tuple[Array, tuple[int, ...]], Fraction]) -> Table:
        """The results with elements of inputs (1 + step) times as large."""
        arrays = {a: dict(self._base.arrays[a]) for a in self.inputs}
        for (array, place), step in steps.items():
            arrays[array][place] *= self._scalars.number(1 + step)
        return self._of(State(self._scalars, self._base.sizes, arrays))

    def _of(self, state: State) -> Table:
        ctx.prec = self._scalars.bits
        state.masked, state.scalars = True, self._beside
        fill(state, self._rules)
        return {t: state.arrays[a] for t, a in self._arrays.items()}
