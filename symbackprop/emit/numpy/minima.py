"""max(-x) as -min(x), its sign joined to the product around it."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, Integer, Mul, Pow, S

from symbackprop.algebra.nodes import Array, Element, Index, IndexMax, IndexMin, Reduction
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.product import flat, negated


def with_minima(expr: Basic) -> Any:
    """The expression with each maximum of negatives written as a minimum."""
    if not any(isinstance(node, IndexMax) for node in walk(expr)):
        return expr
    return _rewritten(expr)


def _rewritten(expr: Basic) -> Any:
    if not expr.args or isinstance(expr, Array | Index | Element):
        return expr
    if isinstance(expr, Reduction):
        body = _rewritten(expr.body)
        negative, opposite = negated(body)
        if isinstance(expr, IndexMax) and negative:
            return _smallest(opposite, expr.bound)
        return expr.func(body, *expr.bound)
    args = tuple(_rewritten(a) for a in expr.args)
    if args == expr.args:
        return expr
    if isinstance(expr, Mul):
        return _product(flat(args))
    if isinstance(expr, Pow) and isinstance(args[0], Mul) and isinstance(args[1], Integer):
        negative, opposite = negated(args[0])
        if negative:
            power = Pow(opposite, args[1], evaluate=False)
            return _product([S.NegativeOne, power]) if args[1] % 2 else power
    return rebuilt(expr, args)


@lowering
def _smallest(body: Expr, bound: tuple[Index, ...]) -> Expr:
    """max_j(-x_j) = -min_j(x_j)."""
    return _product([S.NegativeOne, IndexMin(body, *bound)])


def _product(factors: list[Any]) -> Any:
    """The product with its factors -1 joined into one or none."""
    kept = [f for f in factors if f != -1]
    if (len(factors) - len(kept)) % 2:
        kept.insert(0, S.NegativeOne)
    return kept[0] if len(kept) == 1 else Mul(*kept, evaluate=False)
