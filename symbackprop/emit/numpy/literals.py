"""Numbers as Python text."""

from __future__ import annotations

from sympy import Expr, Float, Rational
from sympy.core.numbers import NumberSymbol

from symbackprop.emit.numpy.code import Code, atom, call

_CONSTANTS = {"pi": "pi", "E": "e", "EulerGamma": "euler_gamma"}


def literal(number: Expr, np: str) -> Code:
    """3, 0.01, 1 / 3, np.pi: exact to double precision."""
    if isinstance(number, NumberSymbol):
        known = _CONSTANTS.get(str(number))
        return atom(f"{np}.{known}" if known else repr(float(number)))
    if isinstance(number, Float) or not isinstance(number, Rational):
        return atom(repr(float(number)))
    p, q = int(number.p), int(number.q)
    if q == 1:
        return atom(str(p))
    short = repr(p / q)
    return atom(short if Rational(short) == number else f"{p} / {q}")


def long_literal(number: Expr, np: str) -> Code:
    """The same, of a number that no float64 is as np.longdouble("0.01")."""
    if isinstance(number, Rational | Float) and Rational(float(number)) == Rational(number):
        return literal(number, np)
    digits, _, power = str(number.evalf(40)).partition("e")
    text = digits.rstrip("0") + (f"e{power}" if power else "")
    return call(f"{np}.longdouble", shape=(), after=f'"{text}"')
