"""The arithmetics in which an index expression can be evaluated: exact, float64, many digits.

A kink (comparison, maximum, absolute value) is decided by the real part, so that a complex step
goes through on the side where the point lies; how near the nearest kink was is remembered.
"""

from __future__ import annotations

import cmath
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

from mpmath import FPContext, MPContext

_HUGE = 400
DOMAINS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "log": (lambda x: x > 0, "a number that is not positive"),
    "asin": (lambda x: abs(x) < 1, "a number that is not between -1 and 1"),
    "acos": (lambda x: abs(x) < 1, "a number that is not between -1 and 1"),
    "atanh": (lambda x: abs(x) < 1, "a number that is not between -1 and 1"),
    "acosh": (lambda x: x > 1, "a number that is not above 1"),
    # Beyond 0 there are poles; between them the complex logarithm of Γ has another branch.
    **dict.fromkeys(
        ("loggamma", "digamma", "trigamma"), (lambda x: x > 0, "a number that is not positive")
    ),
}


_SINGLE = FPContext()  # float64 arithmetic of what math and cmath have not


class OutOfDomain(Exception):
    """The expression has no finite real value at this point; the message says what fails."""


def _of_mpmath(context: Any, name: str) -> Callable[[Any], Any]:
    return partial(context.psi, 1) if name == "trigamma" else getattr(context, name)


def _in_domain(name: str, x: Any) -> None:
    inside, outside = DOMAINS.get(name, (None, ""))
    if inside is not None and not inside(x):
        raise OutOfDomain(f"{name} of {outside}")


class Scalars(ABC):
    """One arithmetic. `gap`: (distance, relative distance) to the nearest kink met so far."""

    def __init__(self) -> None:
        self.gap: tuple[float, float] = (math.inf, math.inf)
        self._rationals: dict[tuple[int, int], Any] = {}

    def rational(self, p: int, q: int = 1) -> Any:
        """p/q in this arithmetic, made once."""
        found = self._rationals.get((p, q))
        if found is None:
            found = self._rationals[p, q] = self.number(Fraction(p, q))
        return found

    @abstractmethod
    def number(self, value: Fraction) -> Any:
        """A rational number in this arithmetic."""

    @abstractmethod
    def function(self, name: str, x: Any) -> Any:
        """exp, log, tanh, ... of a value; raises OutOfDomain."""

    @abstractmethod
    def root_power(self, base: Any, exponent: Any) -> Any:
        """A power of a positive base whose exponent is not an integer; raises OutOfDomain."""

    @abstractmethod
    def constant(self, name: str) -> Any:
        """pi or e."""

    def real(self, x: Any) -> Any:
        """The part of a value that decides comparisons."""
        return x.real

    def add(self, terms: Sequence[Any]) -> Any:
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def mul(self, factors: Sequence[Any]) -> Any:
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        return product

    def integer_power(self, base: Any, exponent: int) -> Any:
        if exponent < 0 and base == 0:
            raise OutOfDomain("division by 0")
        try:
            return base**exponent
        except OverflowError:
            raise OutOfDomain("a power overflows") from None

    def compare(self, u: Any, v: Any) -> int:
        """-1, 0 or 1 for u < v, u = v, u > v; remembers how near the two were."""
        a, b = self.real(u), self.real(v)
        distance = abs(a - b)
        size = max(abs(a), abs(b))
        relative = distance / size if size else 0
        self.gap = (min(self.gap[0], float(distance)), min(self.gap[1], float(relative)))
        return int(a > b) - int(a < b)


class Exact(Scalars):
    """Rational numbers, for equations between inputs; no exp, log or root."""

    def number(self, value: Fraction) -> Fraction:
        return value

    def function(self, name: str, x: Any) -> Any:
        raise OutOfDomain(f"{name} of a rational number")

    def root_power(self, base: Any, exponent: Any) -> Any:
        raise OutOfDomain("a root of a rational number")

    def constant(self, name: str) -> Any:
        raise OutOfDomain(f"{name} is not rational")


class Double(Scalars):
    """float64, real or complex (a complex value stands for a real one plus a complex step)."""

    def number(self, value: Fraction) -> float:
        return float(value)

    def function(self, name: str, x: Any) -> Any:
        _in_domain(name, x.real)
        if name in ("erf", "erfc") and isinstance(x, complex):
            # By its derivative: mpmath's own is off by 1e-3 at 6.
            slope = (2 if name == "erf" else -2) / math.sqrt(math.pi) * math.exp(-(x.real**2))
            return complex(getattr(math, name)(x.real), slope * x.imag)
        module: Any = cmath if isinstance(x, complex) else math
        if not hasattr(module, name):
            return type(x)(_of_mpmath(_SINGLE, name)(x))
        try:
            return getattr(module, name)(x)
        except (OverflowError, ValueError):
            raise OutOfDomain(f"{name} overflows") from None

    def root_power(self, base: Any, exponent: Any) -> Any:
        if base.real <= 0:
            raise OutOfDomain("a root of a number that is not positive")
        try:
            return base**exponent
        except OverflowError:
            raise OutOfDomain("a power overflows") from None

    def constant(self, name: str) -> float:
        return math.pi if name == "pi" else math.e


@lru_cache(32)
def _context(digits: int, thread: int) -> Any:
    """A context of mpmath; one takes a millisecond to make, and no two threads may share it."""
    return MPContext()


class Digits(Scalars):
    """Real or complex numbers with so many decimal digits (mpmath)."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.digits = digits
        self.mp = _context(digits, threading.get_ident())
        self.mp.dps = digits

    def number(self, value: Fraction) -> Any:
        return self.mp.mpf(value.numerator) / value.denominator

    def function(self, name: str, x: Any) -> Any:
        _in_domain(name, x.real)
        if name == "log":
            return self._log(x)
        if self.mp.mag(x.real) > _HUGE:
            if name == "exp" and x.real < 0:  # no number format tells it from 0
                return x * 0
            raise OutOfDomain(f"{name} of a number beyond 2^{_HUGE}")
        if name in ("erf", "erfc") and isinstance(x, self.mp.mpc) and self._is_step(x):
            return self._erf_beside(name, x.real, x.imag)
        return _of_mpmath(self.mp, name)(x)

    def _is_step(self, x: Any) -> bool:
        """Whether the fourth power of the imaginary part is below the digits."""
        size = max(1, self.mp.mag(x.real)) if x.real else 1
        return bool(not x.imag or 4 * (self.mp.mag(x.imag) + size) < -3.33 * self.digits)

    def _erf_beside(self, name: str, x: Any, h: Any) -> Any:
        """erf or erfc of x + ih by three terms of Taylor: mpmath's series lose a small h."""
        slope = 2 / self.mp.sqrt(self.mp.pi) * self.mp.exp(-(x**2))
        if name == "erfc":
            slope = -slope
        value = self.function(name, x) + h**2 * x * slope
        return self.mp.mpc(value, h * slope * (1 - h**2 * (2 * x**2 - 1) / 3))

    def _log(self, x: Any) -> Any:
        if x.real <= 0:
            raise OutOfDomain("log of a number that is not positive")
        if not isinstance(x, self.mp.mpc):
            return self.mp.log(x)
        # mpmath adds the squares of both parts exactly, which takes seconds where one is e^-1e9.
        ratio = x.imag / x.real
        if not ratio or self.mp.mag(ratio) < -4 * self.digits:
            return self.mp.mpc(self.mp.log(x.real), ratio)
        return self.mp.log(x.real) + self.mp.log(self.mp.mpc(1, ratio))

    def root_power(self, base: Any, exponent: Any) -> Any:
        if base.real <= 0:
            raise OutOfDomain("a root of a number that is not positive")
        # mpmath writes out an exponent that is an integer, with all of its zeros.
        large = self.mp.mag(exponent.real) > _HUGE
        if large or isinstance(base, self.mp.mpc) or isinstance(exponent, self.mp.mpc):
            return self.function("exp", exponent * self._log(base))
        return self.mp.power(base, exponent)

    def integer_power(self, base: Any, exponent: int) -> Any:
        if not isinstance(base, self.mp.mpc):
            return super().integer_power(base, exponent)
        power = self.mul([base] * abs(exponent)) if exponent else self.mp.one
        return 1 / power if exponent < 0 else power

    def constant(self, name: str) -> Any:
        return +(self.mp.pi if name == "pi" else self.mp.e)
