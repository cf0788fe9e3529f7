"""Masks: two complementary ones are one `where`, a comparison of exponentials is one of exponents.

[c] f + [not c] g              = where(c, f, g)
1 - [c]                        = [not c]
exp(u) > t                     = u > log(t)                for t > 0
b^u > t                        = u > log(t)/log(b)         for t > 0, b > 1
min(p (exp(u) - t), 0)         = p (exp(min(u, log(t))) - t)   for p, t > 0
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Basic, Expr, Mul, Not, Pow, S, exp, log
from sympy.core.relational import GreaterThan, LessThan

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    Iverson,
    Maximum,
    Minimum,
    Where,
)
from symbackprop.algebra.program import Definition
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.algebra.within import counts
from symbackprop.emit.numpy.algebra import canonical, minus, multiple, positive, terms, times
from symbackprop.emit.numpy.product import flat, negated

Power = tuple[Expr, Expr]
"""(b, u) of a power b^u of a number b > 1."""


def joined(expr: Basic) -> Basic:
    """The expression with complementary masks in its sums joined."""
    if not expr.args or isinstance(expr, Element | Array | Index | Delta):
        return expr
    expr = rebuilt(expr, tuple(joined(a) for a in expr.args))
    if not isinstance(expr, Add):
        return expr
    opposite = _opposite(expr)
    if opposite is not None:
        return opposite
    found: list[Expr] = []
    masks: dict[Basic, int] = {}
    for term in expr.args:
        for condition, rest in _masked(term):
            if counts(condition):
                continue  # ranges of an index are parts of an axis
            other = Not(condition)
            if other in masks:
                place = masks.pop(other)
                first = dict(_masked(found[place]))[other]
                found[place] = _choice((other, first), (condition, rest))
                break
        else:
            masks.update((condition, len(found)) for condition, _ in _masked(term))
            found.append(term)
    return found[0] if len(found) == 1 else rebuilt(expr, tuple(found))


@lowering
def _opposite(expr: Add) -> Expr | None:
    """1 - [c] = [not c], with either sign."""
    if len(expr.args) == 2:
        for one, mask in (expr.args, expr.args[::-1]):
            negative, inner = negated(mask)
            if isinstance(inner, Iverson) and one == (1 if negative else -1):
                found = Iverson(Not(inner.condition))
                return found if negative else times(S.NegativeOne, found)
    return None


@lowering
def _choice(one: tuple[Basic, Expr], two: tuple[Basic, Expr]) -> Expr:
    """where(c, f, g) for [c] f + [not c] g, with the strict comparison as c."""
    if isinstance(one[0], GreaterThan | LessThan):
        one, two = two, one
    return Where(one[0], one[1], two[1])


def _masked(term: Expr) -> list[tuple[Basic, Expr]]:
    """(c, f) for each way to write the term as [c] f."""
    factors = flat((term,))
    return [
        (factor.condition, times(*factors[:place], *factors[place + 1 :]))
        for place, factor in enumerate(factors)
        if isinstance(factor, Iverson)
    ]


def exponents(
    difference: Expr, definitions: Mapping[Array, Definition]
) -> tuple[int, Power, Expr] | None:
    """(s, (b, u), t) where the difference has the sign of s (b^u - t), for numbers t > 0, b > 1."""
    sign = 1
    inner: list[Expr] = []
    for factor in flat((canonical(difference),)):
        if factor.is_number and factor.is_negative:
            sign = -sign
        elif not positive(factor, definitions):
            inner.append(factor)
    if len(inner) != 1 or not isinstance(inner[0], Add):
        return None
    numbers = [t for t in terms(inner[0]) if t.is_Rational]
    others = [t.as_coeff_Mul() for t in terms(inner[0]) if not t.is_Rational]
    if len(numbers) != 1 or len(others) != 1:
        return None
    coefficient, term = others[0]
    power = _growing(term)
    if power is None:
        return None
    threshold = -numbers[0] / coefficient
    if threshold <= 0:
        return None
    return (sign if coefficient > 0 else -sign), power, threshold


def _growing(expr: Expr) -> Power | None:
    """(b, u) of b^u and of (1/b)^(-u), for a number b > 1; exp(u) = e^u."""
    if isinstance(expr, exp):
        return S.Exp1, canonical(expr.args[0])
    if not isinstance(expr, Pow) or expr.args[1].is_number or not expr.args[0].is_Rational:
        return None
    b, u = expr.args
    if b <= 0 or b == 1:
        return None
    return (b, canonical(u)) if b > 1 else (1 / b, multiple(S.NegativeOne, canonical(u)))


def level(base: Expr, threshold: Expr) -> Expr:
    """log(t)/log(b), which is 0 for t = 1."""
    if threshold in (S.One, base):
        return S.Zero if threshold == 1 else S.One
    found = log(threshold, evaluate=False)
    if base == S.Exp1:
        return found
    divisor = Pow(log(base, evaluate=False), S.NegativeOne, evaluate=False)
    return Mul(found, divisor, evaluate=False)


@lowering
def saturated(expr: Minimum | Maximum, definitions: Mapping[Array, Definition]) -> Expr | None:
    """min(p exp(u), p t) = p exp(min(u, log(t))), for p, t > 0; the same for a falling max.

    In general min(f, g) is f with a bounded exponent, where f - g grows with exp(u) and g, which
    is the value beyond the bound, has no exp(u) in it.
    """
    for f, g in (expr.args, expr.args[::-1]):
        found = exponents(minus(f, g), definitions)
        if found is not None and found[0] == (1 if isinstance(expr, Minimum) else -1):
            _, power, threshold = found
            if _powers(g, power):
                continue
            f = f if _powers(f, power) else canonical(f)  # exp(u) exp(v) = exp(u + v)
            base, u = power
            least = Minimum(u, level(base, threshold))
            bounded = exp(least, evaluate=False) if base == S.Exp1 else Pow(base, least)
            return _with(f, power, bounded)
    return None


def _with(expr: Expr, power: Power, bounded: Expr) -> Expr | None:
    """The expression with `bounded` for b^u; None if b^u is not seen in it."""
    powers = _powers(expr, power)
    return expr.xreplace(dict.fromkeys(powers, bounded)) if powers else None


def _powers(expr: Expr, power: Power) -> list[Expr]:
    return [e for e in expr.atoms(exp, Pow) if _growing(e) == power]
