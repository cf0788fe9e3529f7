"""Differentiation of a written expression, one rule at a time."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Add, Expr, Integer, Mul, Pow, S, log

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.matrices import Cholesky, Determinant, Inverse, LogAbsDet
from symbackprop.algebra.nodes import (
    Element,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Maximum,
    Minimum,
    Where,
)
from symbackprop.algebra.normal import normal
from symbackprop.algebra.partial import Partial, Slope
from symbackprop.algebra.poly import ONE, Poly
from symbackprop.algebra.trees import elements
from symbackprop.algebra.unevaluated import plus, replaced, times
from symbackprop.calculus.differentiate import differentiate
from symbackprop.calculus.rules import UNARY, d_element
from symbackprop.messages import message

Applied = tuple[str, Expr]
"""The name of a rule, and what it made."""

SUM = message("sum rule")
CONSTANT = message("constant factor")
FIXED = message("held fixed")
PRODUCT = message("product rule")
QUOTIENT = message("quotient rule")
POWER = message("power rule")
RECIPROCAL = message("reciprocal rule")
EXPONENT = message("logarithmic derivative of a power")
UNDER_SUM = message("derivative under the sum")
BRANCHES = message("derivative of each branch")
ELEMENT = "∂x_j/∂x_k = δ_jk"
FUNCTION = message("derivative of {function}")


MAXIMUM = message("derivative of a maximum")
MINIMUM = message("derivative of a minimum")
_RULES: dict[type, str] = {
    IndexProduct: message("derivative of a product over an axis"),
    IndexMax: MAXIMUM,
    Maximum: MAXIMUM,
    IndexMin: MINIMUM,
    Minimum: MINIMUM,
    Where: message("derivative of a choice"),
    Inverse: message("derivative of an inverse"),
    Determinant: message("derivative of a determinant"),
    LogAbsDet: message("derivative of a log-determinant"),
    Cholesky: message("derivative of a Cholesky factor"),
}


def step(expr: Expr, named: Callable[[Poly], Poly]) -> Applied | None:
    """The first derivative in an expression worked out by one rule, wherever it stands.

    named: puts names for the functions of matrices that a rule is written in.
    """
    found = _first(expr)
    if found is None:
        return None
    rule, new = worked_out(found, named)
    return rule, replaced(expr, found, new)


def _first(expr: Expr) -> Partial | None:
    if isinstance(expr, Slope):
        return None
    if isinstance(expr, Partial):
        return expr
    if isinstance(expr, Element):
        return None
    return next((p for a in expr.args if (p := _first(a)) is not None), None)


def worked_out(p: Partial, named: Callable[[Poly], Poly]) -> Applied:
    """A derivative by the rule for what it is the derivative of."""
    u, x = p.expr, p.element

    def d(part: Expr) -> Expr:
        return Partial(part, x)

    def varies(part: Expr) -> bool:
        return any(e.array == x.array for e in elements(part))

    if isinstance(u, Element) and u.array == x.array:
        arrange = Arranger(lambda _: 0).arrange
        pairs = zip(u.indices, x.indices, strict=True)
        return ELEMENT, times(*(arrange(d_element([pair])) for pair in pairs))
    if not varies(u):
        return FIXED, S.Zero
    if isinstance(u, Add):
        return SUM, plus(*(d(a) for a in u.args if varies(a)))
    if isinstance(u, Mul):
        return _of_product(u, d, varies)
    if isinstance(u, Pow):
        return _of_power(u, d, varies)
    if isinstance(u, IndexSum):
        return UNDER_SUM, IndexSum(d(u.body), *u.bound)
    if isinstance(u, Where) and not varies(u.args[0]):
        condition, v, w = u.args
        return BRANCHES, Where(condition, *(d(a) if varies(a) else S.Zero for a in (v, w)))
    head = BY_CLASS[type(u)].head if type(u) in BY_CLASS else ""
    if head in UNARY:
        slope = UNARY[head](normal(u.args[0]), ONE)
        outer = u if head == "exp" else Arranger(lambda _: 0).arrange(slope)
        return FUNCTION.format(function=head), times(outer, d(u.args[0]))
    whole = differentiate(normal(u), x.array, x.indices)
    rule = _RULES.get(type(u)) or FUNCTION.format(function=type(u).__name__.lower())
    free = tuple(dict.fromkeys((*free_indices(u), *free_indices(x))))
    return rule, Arranger(lambda _: 0, free).arrange(named(whole))


def _of_product(u: Mul, d: Callable[[Expr], Expr], varies: Callable[[Expr], bool]) -> Applied:
    moving = [a for a in u.args if varies(a)]
    fixed = [a for a in u.args if not varies(a)]
    if fixed:
        return CONSTANT, times(*fixed, d(times(*moving)))
    below = [a for a in moving if isinstance(a, Pow) and a.exp == -1]
    if len(moving) == 2 and len(below) == 1:
        (v,) = (a.base for a in below)
        (w,) = (a for a in moving if a not in below)
        top = plus(times(d(w), v), times(S.NegativeOne, w, d(v)))
        return QUOTIENT, times(top, Pow(v, Integer(-2), evaluate=False))
    return PRODUCT, plus(*(
        times(*(d(a) if n == k else a for n, a in enumerate(moving))) for k in range(len(moving))
    ))


def _of_power(u: Pow, d: Callable[[Expr], Expr], varies: Callable[[Expr], bool]) -> Applied:
    base, exponent = u.args
    if not varies(exponent):
        if exponent == -1:
            return RECIPROCAL, times(S.NegativeOne, Pow(base, Integer(-2), evaluate=False), d(base))
        lower = Pow(base, exponent - 1, evaluate=False) if exponent != 2 else base
        return POWER, times(exponent, lower, d(base))
    parts = [times(d(exponent), log(base, evaluate=False))]
    if varies(base):
        parts.append(times(exponent, Pow(base, S.NegativeOne, evaluate=False), d(base)))
    return EXPONENT, times(u, plus(*parts))
