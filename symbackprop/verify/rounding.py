"""Values with many digits that know what float64 could make of them.

Beside its value, a number carries a scale: the rounding error, in units of the
machine epsilon, of computing it step by step in floating point. y - t with y near t has a small
value and a scale near y: no float64 program that computes y first can do better than epsilon times
that. Verification measures a generated module's error against it, and chooses its working
precision by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symbackprop.verify.scalars import DOMAINS, Digits, OutOfDomain, Scalars

_EPSILON = 2.0**-52


class Rounded:
    """A value and its rounding scale, both with many digits."""

    __slots__ = ("scale", "value")

    def __init__(self, value: Any, scale: Any) -> None:
        self.value = value
        self.scale = scale

    def __neg__(self) -> Rounded:
        return Rounded(-self.value, self.scale)


class Rounding(Scalars):
    """Arithmetic on `Rounded` over `Digits`.

    `worst`: the largest relative scale that a logarithm, a division, a root or a comparison met:
    with 40 digits more than its magnitude, none of them is decided by rounding.
    """

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.digits = Digits(digits)
        self.worst: Any = self.digits.mp.one
        self._last = self.digits.mp.mpf(10) ** (3 - digits)  # the last digits are rounding

    def enough(self) -> bool:
        """Whether no operation so far lost more than all but 40 of its digits."""
        mp = self.digits.mp
        return bool(self.worst < mp.mpf(10) ** (self.digits.digits - 40))

    def exact(self, value: Fraction) -> Rounded:
        """An input: no rounding error when float64 holds it exactly."""
        number = self.digits.number(value)
        return Rounded(number, 0 if _is_double(value) else abs(number))

    def number(self, value: Fraction) -> Rounded:
        return self.exact(value)

    def constant(self, name: str) -> Rounded:
        value = self.digits.constant(name)
        return Rounded(value, value)

    def real(self, x: Rounded) -> Any:
        return x.value

    def add(self, terms: Sequence[Any]) -> Rounded:
        if len(terms) == 1:
            return terms[0]  # type: ignore[no-any-return]
        total = self.digits.add([t.value for t in terms])
        return Rounded(total, self.digits.add([t.scale + abs(t.value) for t in terms]))

    def mul(self, factors: Sequence[Any]) -> Rounded:
        product = factors[0]
        for factor in factors[1:]:
            u, v = abs(product.value), abs(factor.value)
            scale = product.scale * v + factor.scale * u + u * v
            # Of second order, but all there is where both factors have lost all their digits.
            scale += product.scale * factor.scale * _EPSILON
            product = Rounded(product.value * factor.value, scale)
        return product  # type: ignore[no-any-return]

    def integer_power(self, base: Rounded, exponent: int) -> Rounded:
        if exponent == 0:
            return self.exact(Fraction(1))
        if exponent < 0:
            self._meet(base)
        value = self.digits.integer_power(base.value, exponent)
        near = abs(base.value) + (base.scale * _EPSILON if exponent > 1 else 0)
        slope = self.digits.integer_power(near, exponent - 1) if near else 0
        return Rounded(value, abs(exponent) * slope * base.scale + abs(value))

    def root_power(self, base: Rounded, exponent: Rounded) -> Rounded:
        self._meet(base)
        if abs(base.value) < base.scale * _EPSILON:  # 0 for all that float64 knows: a kink
            self.gap = (0.0, 0.0)
        value = self.digits.root_power(base.value, exponent.value)
        log = self.digits.function("log", base.value)
        relative = abs(exponent.value) * base.scale / base.value + abs(log) * exponent.scale + 1
        return Rounded(value, value * relative)

    def function(self, name: str, x: Rounded) -> Rounded:
        if name == "log":
            self._meet(x)
        elif name in DOMAINS:  # how near the end of the domain is
            self._meet(Rounded(1 - abs(x.value), x.scale))
        value = self.digits.function(name, x.value)
        return Rounded(value, abs(self._slope(name, x.value, value)) * x.scale + abs(value))

    def _slope(self, name: str, x: Any, value: Any) -> Any:
        """The derivative of a function; by a complex step where it is not one of the common."""
        if name == "exp":
            return value
        if name == "log":
            return 1 / x
        if name == "tanh":
            return 1 - value**2
        step = self.digits.mp.mpf(10) ** (-self.digits.digits // 2)
        return self.digits.function(name, self.digits.mp.mpc(x, step)).imag / step

    def compare(self, u: Rounded, v: Rounded) -> int:
        difference, scale = abs(u.value - v.value), u.scale + v.scale
        if difference and scale:
            self.worst = max(self.worst, scale / difference)
        if difference <= scale * self._last:  # equal, as log(exp(x)) and x are
            return super().compare(u, u)
        return super().compare(u, v)

    def _meet(self, x: Rounded) -> None:
        if x.value == 0 and x.scale:
            # Zero, or too small for these digits: more digits will tell.
            self.worst = self.digits.mp.inf
            raise OutOfDomain("a division by 0 or log of 0")
        if x.value:
            self.worst = max(self.worst, x.scale / abs(x.value))


def _is_double(value: Fraction) -> bool:
    return Fraction(float(value)) == value
