"""Logarithms near 1 and exponentials near 0, which NumPy has functions for that keep the digits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Add, Basic, Expr, Mul, S, exp, log

from symbackprop.algebra.nodes import Array, Delta, Element, Index, Reduction
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements
from symbackprop.algebra.unevaluated import rebuilt, without
from symbackprop.emit.numpy.product import negated
from symbackprop.emit.numpy.special import Expm1, Log1p


def with_small(expr: Basic) -> Any:
    """The expression with log1p and expm1 where it has log(1 + u) and exp(u) - 1."""
    if not expr.args or isinstance(expr, Array | Index | Element | Delta):
        return expr
    if isinstance(expr, Reduction):
        return expr.func(with_small(expr.body), *expr.bound)
    expr = rebuilt(expr, tuple(with_small(a) for a in expr.args))
    if isinstance(expr, log) and isinstance(expr.args[0], Add):
        return _log_near_one(expr)
    return _exp_near_zero(expr) if isinstance(expr, Add) else expr


@lowering
def _log_near_one(expr: Expr) -> Expr:
    """log(1 + u) = log1p(u)."""
    terms = expr.args[0].args
    if S.One not in terms or not elements(expr):
        return expr
    return Log1p(_sum(without(terms, S.One)))


@lowering
def _exp_near_zero(expr: Add) -> Expr:
    """exp(u) - 1 = expm1(u), with either sign; each exp(u) takes a 1 of its own."""
    terms = list(expr.args)
    for place, term in enumerate(expr.args):
        negative, power = negated(term)
        one = S.One if negative else S.NegativeOne
        if isinstance(power, exp) and one in terms and elements(power):
            found = Expm1(power.args[0])
            terms[place] = Mul(S.NegativeOne, found, evaluate=False) if negative else found
            terms[terms.index(one)] = S.Zero  # the places of the others stay
    return _sum(t for t in terms if t != 0)


def _sum(terms: Iterable[Expr]) -> Expr:
    kept = list(terms)
    return kept[0] if len(kept) == 1 else Add(*kept, evaluate=False)
