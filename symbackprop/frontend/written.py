"""Expressions as the user wrote them: arithmetic that neither reorders nor simplifies.

Only numbers are computed with, exactly; nested sums and products become one, in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sympy import Abs, Add, Expr, Integer, Mul, Pow, Rational, S, cos, exp, log, sign, sin, sqrt
from sympy.core.relational import Eq, Relational, StrictGreaterThan
from sympy.logic.boolalg import And, Boolean, Not, Or

from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.nodes import (
    Element,
    Iverson,
    Maximum,
    Minimum,
    Reduction,
    Where,
)
from symbackprop.errors import InputError, NotYet

MAX_BITS = 1024
_SMALL = 64
_ALL_DIGITS = 15


def number(value: Any) -> Expr:
    """The exact constant of a Python or NumPy number.

    A float is the decimal fraction it is shown as (0.1 is 1/10); one with nearly all digits in
    use is first compared with small fractions, multiples of pi and their square roots, and e.

    Raises:
        NotYet: infinities and NaN.
        InputError: complex numbers and other things that are not real numbers.
    """
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return _checked(Integer(int(value)))
    if not isinstance(value, float):
        raise InputError(f"{value!r} is not a real number")
    if not math.isfinite(value):
        hint = "" if math.isnan(value) else f", such as {math.copysign(1e30, value):g} for a mask"
        raise NotYet(f"the constant {value} has no derivative rule; use a finite number{hint}")
    decimal = Fraction(repr(value))
    exact = _checked(Rational(decimal.numerator, decimal.denominator))
    all_digits = len(Decimal(repr(value)).normalize().as_tuple().digits) >= _ALL_DIGITS
    return (_recognised(value) if all_digits else None) or exact


def _recognised(value: float) -> Expr | None:
    if value == math.e:
        return S.Exp1
    small = Fraction(value).limit_denominator(_SMALL)
    if float(small) == value:
        return Rational(small.numerator, small.denominator)
    candidates: tuple[tuple[float, Callable[[Expr], Expr]], ...] = (
        (value / math.pi, lambda r: r * S.Pi),
        (value * math.pi, lambda r: r / S.Pi),
        (value * abs(value), lambda r: sign(r) * sqrt(abs(r))),
        (value * abs(value) / math.pi, lambda r: sign(r) * sqrt(abs(r) * S.Pi)),
        (value * abs(value) * math.pi, lambda r: sign(r) * sqrt(abs(r) / S.Pi)),
    )
    for ratio, build in candidates:
        near = Fraction(ratio).limit_denominator(_SMALL)
        if near and abs(near.numerator) <= _SMALL and abs(float(near) / ratio - 1) < 4e-16:
            return build(Rational(near.numerator, near.denominator))
    return None


def _checked(value: Expr) -> Expr:
    if isinstance(value, Rational) and max(abs(value.p), value.q).bit_length() > MAX_BITS:
        raise InputError(f"a constant has more than {MAX_BITS} bits; use a smaller number")
    return value


def add(*terms: Expr) -> Expr:
    """u + v + …, in order."""
    flat = [t for u in terms for t in (u.args if isinstance(u, Add) else (u,))]
    if all(t.is_Number for t in flat):
        return _checked(Add(*flat))
    kept = [t for t in flat if t is not S.Zero]
    return kept[0] if len(kept) == 1 else Add(*kept, evaluate=False)


def mul(*factors: Expr) -> Expr:
    """u · v · …, in order."""
    flat = [f for u in factors for f in (u.args if isinstance(u, Mul) else (u,))]
    if all(f.is_Number for f in flat):
        return _checked(Mul(*flat))
    if any(f is S.Zero for f in flat):
        return S.Zero
    kept = [f for f in flat if f is not S.One]
    return kept[0] if len(kept) == 1 else Mul(*kept, evaluate=False)


def neg(u: Expr) -> Expr:
    """-u; the sign goes into a leading number."""
    if u.is_Number:
        return -u
    if isinstance(u, Mul) and u.args[0].is_Number:
        return mul(-u.args[0], *u.args[1:])
    return mul(S.NegativeOne, u)


def sub(u: Expr, v: Expr) -> Expr:
    """u - v."""
    return add(u, neg(v))


def reciprocal(u: Expr) -> Expr:
    """1 / u."""
    if u.is_Number:
        if u is S.Zero:
            raise InputError("division by zero")
        return S.One / u
    if isinstance(u, Pow) and u.exp.is_Number:
        return power(u.base, -u.exp)
    return Pow(u, S.NegativeOne, evaluate=False)


def div(u: Expr, v: Expr) -> Expr:
    """u / v."""
    return mul(u, reciprocal(v))


def power(u: Expr, v: Expr) -> Expr:
    """u ** v."""
    if v is S.One:
        return u
    if v is S.Zero:
        return S.One
    if u is S.Exp1:
        return exponential(v)
    if not (u.is_Number and v.is_Number):
        return Pow(u, v, evaluate=False)
    if u is S.Zero and v.is_negative:
        raise InputError("division by zero")
    if max(abs(u.p), u.q).bit_length() * abs(v) > MAX_BITS:
        raise InputError(f"{u}**{v} has more than {MAX_BITS} bits; use a smaller number")
    if u.is_negative and not v.is_Integer:
        raise InputError(f"({u})**({v}) is not a real number")
    return Pow(u, v)


def exponential(u: Expr) -> Expr:
    """e**u."""
    return S.One if u is S.Zero else exp(u, evaluate=False)


def logarithm(u: Expr) -> Expr:
    """log u."""
    if u.is_Number and not u.is_positive:
        raise InputError(f"log({u}) is not a real number")
    return S.Zero if u is S.One else log(u, evaluate=False)


def root(u: Expr) -> Expr:
    """u ** (1/2)."""
    return power(u, S.Half)


def square(u: Expr) -> Expr:
    """u ** 2."""
    return power(u, Integer(2))


def function(cls: Any) -> Callable[[Expr], Expr]:
    """A SymPy function that is computed for numbers only."""

    def build(u: Expr) -> Any:
        if u.is_Number and not BY_CLASS[cls].closed and not u.is_positive:
            raise InputError(f"{BY_CLASS[cls].head}({u}); give a number above 0")
        if not (u.is_Number and BY_CLASS[cls].closed):
            return cls(u, evaluate=False)
        value = cls(u)
        if not (value.is_real and value.is_finite):
            raise InputError(f"{BY_CLASS[cls].head}({u}) is not a real number")
        return value

    return build


absolute = function(Abs)


def logarithm_to(base: int) -> Callable[[Expr], Expr]:
    """log u to a base: log u / log base."""
    return lambda u: div(logarithm(u), logarithm(Integer(base)))


def cube_root(u: Expr) -> Expr:
    """sign(u) |u| ** (1/3), which is real for negative u too."""
    third = Rational(1, 3)
    if u.is_Number:
        return mul(sign(u), power(abs(u), third))
    return mul(sign(u, evaluate=False), power(absolute(u), third))


def log_add_exp(u: Expr, v: Expr) -> Expr:
    """log(e**u + e**v)."""
    return logarithm(add(exponential(u), exponential(v)))


def hypotenuse(u: Expr, v: Expr) -> Expr:
    """(u ** 2 + v ** 2) ** (1/2)."""
    return root(add(square(u), square(v)))


def heaviside(u: Expr, v: Expr) -> Expr:
    """0, v or 1, as u is below, at or above 0."""
    above, at = relation(StrictGreaterThan)(u, S.Zero), relation(Eq)(u, S.Zero)
    return add(Iverson(above), mul(v, Iverson(at)))


def expit(u: Expr) -> Expr:
    """1 / (1 + e**-u)."""
    return reciprocal(add(S.One, exponential(neg(u))))


def logit(u: Expr) -> Expr:
    """log(u / (1 - u))."""
    return logarithm(div(u, sub(S.One, u)))


def tangent(u: Expr) -> Expr:
    """sin u / cos u."""
    return div(function(sin)(u), function(cos)(u))


def x_log_y(u: Expr, v: Expr) -> Expr:
    """u log v, and 0 where both are 0."""
    if v.is_positive:
        return mul(u, logarithm(v))
    both = And(relation(Eq)(u, S.Zero), relation(Eq)(v, S.Zero))
    return mul(u, log(Where(both, S.One, v), evaluate=False))


def relation(cls: type[Relational]) -> Callable[[Expr, Expr], Boolean]:
    """A comparison that is decided for numbers only."""
    return lambda u, v: cls(u, v, evaluate=bool(u.is_Number and v.is_Number))


def replace_elements(expr: Any, change: Callable[[Element], Expr]) -> Any:
    """The expression with each array element changed, and nothing else rearranged."""
    if isinstance(expr, Element):
        return change(Element(expr.array, *(replace_elements(i, change) for i in expr.indices)))
    if not expr.args:
        return expr
    if isinstance(expr, Reduction):
        return expr.func(replace_elements(expr.body, change), *expr.bound)
    args = [replace_elements(a, change) for a in expr.args]
    if isinstance(expr, Add | Mul | Pow | Relational) or type(expr) in BY_CLASS:
        return expr.func(*args, evaluate=False)
    return expr.func(*args)


__all__ = [
    "And",
    "Maximum",
    "Minimum",
    "Not",
    "Or",
    "absolute",
    "add",
    "cube_root",
    "div",
    "expit",
    "exponential",
    "function",
    "heaviside",
    "hypotenuse",
    "log_add_exp",
    "logarithm",
    "logarithm_to",
    "logit",
    "mul",
    "neg",
    "number",
    "power",
    "reciprocal",
    "relation",
    "replace_elements",
    "root",
    "square",
    "sub",
    "tangent",
    "x_log_y",
]
