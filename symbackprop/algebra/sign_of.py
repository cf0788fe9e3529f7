"""What an expression says about its own sign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sympy import Abs, Add, Expr, Mul, Pow, S, log

from symbackprop.algebra.functions import BY_CLASS, CLASSES
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Iverson,
    Maximum,
    Minimum,
    Reduction,
    Where,
)

_ORDER = ("", ">=0", ">0")


def _least(signs: Iterable[str]) -> str:
    return min(signs, key=_ORDER.index)


def sign_of(expr: Expr) -> str:
    """ ">0", ">=0" or "" (nothing known), wherever the expression is defined as a real number."""
    if isinstance(expr, Element):
        return expr.array.sign
    if not expr.args:
        return ">0" if expr.is_positive else ">=0" if expr is S.Zero else ""
    if isinstance(expr, Abs):
        return ">0" if sign_of(expr.args[0]) == ">0" else ">=0"
    if isinstance(expr, Iverson | Delta):
        return ">=0"
    if isinstance(expr, Reduction):
        return sign_of(expr.body)
    if isinstance(expr, Where):
        return _least(sign_of(branch) for branch in expr.args[1:])
    if isinstance(expr, log):
        return _of_log(expr.args[0])
    if isinstance(expr, CLASSES):
        known = BY_CLASS[type(expr)].sign
        return sign_of(expr.args[0]) if known == "same" else known
    if isinstance(expr, Pow):
        return _of_power(*expr.args)
    signs = [sign_of(a) for a in expr.args]
    if isinstance(expr, Minimum):
        return _least(signs)
    if isinstance(expr, Maximum):
        return max(signs, key=_ORDER.index)
    if isinstance(expr, Add):
        return max(signs, key=_ORDER.index) if _least(signs) else ""
    return _of_product(expr.args, signs) if isinstance(expr, Mul) else ""


def _of_product(factors: tuple[Expr, ...], signs: list[str]) -> str:
    """A product of known signs, or one in which the others come in pairs, as in x * x."""
    unknown = Counter(f for f, known in zip(factors, signs, strict=True) if not known)
    if any(times % 2 for times in unknown.values()):
        return ""
    return ">=0" if unknown or ">=0" in signs else ">0"


def _of_power(base: Expr, exponent: Expr) -> str:
    """Even powers, and those that are real only for a base that is not negative."""
    known = sign_of(base)
    even_or_root = exponent.is_Rational and (exponent.p % 2 == 0 or not exponent.is_Integer)
    if known == ">0" or not (known or even_or_root):
        return known
    return ">0" if exponent.is_negative else ">=0"


def _of_log(argument: Expr) -> str:
    """log(1 + u) with u > 0, as in softplus."""
    if not isinstance(argument, Add):
        return ""
    numbers = [t for t in argument.args if t.is_Number]
    if sum(numbers) < 1:
        return ""
    return _least(sign_of(t) for t in argument.args if not t.is_Number)
