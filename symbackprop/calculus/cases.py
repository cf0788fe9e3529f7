"""A Jacobian by cases: on the diagonal, where the Kronecker delta is 1, and off it."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Basic, Expr, Mul, Pow, S

from symbackprop.algebra.nodes import Delta, Index
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.result import Jacobian


def cases(jacobian: Jacobian) -> tuple[Index, Index, Expr, Expr] | None:
    """(j, k, expression where j = k, expression where j ≠ k), if exactly one δ_jk decides.

    j is a row and k a column; on the diagonal k is written j. None where no delta pairs a row
    with a column, or several do.
    """
    pairs = {node.indices for node in walk(jacobian.expr) if isinstance(node, Delta)}
    if len(pairs) != 1:
        return None
    (pair,) = pairs
    j, k = pair if pair[0] in jacobian.rows else (pair[1], pair[0])
    if j not in jacobian.rows or k not in jacobian.columns:
        return None
    on = _with_delta(jacobian.expr, S.One, {k: j})
    off = _with_delta(jacobian.expr, S.Zero, {})
    return j, k, settled(on), settled(off)


def _with_delta(expr: Basic, value: Expr, renaming: Mapping[Basic, Index]) -> Expr:
    """The expression with a value for its delta and indices renamed, its order kept."""
    if isinstance(expr, Delta):
        return value
    if isinstance(expr, Index):
        return renaming.get(expr, expr)
    if not expr.args:
        return expr
    return rebuilt(expr, [_with_delta(a, value, renaming) for a in expr.args])


def settled(expr: Expr) -> Expr:
    """Zeros, ones and equal factors put together in sums and products; the order is kept."""
    if isinstance(expr, Add):
        return _settled_sum([settled(a) for a in expr.args])
    if isinstance(expr, Mul):
        return _settled_product([settled(a) for a in expr.args])
    return expr


def _settled_sum(addends: list[Expr]) -> Expr:
    number = sum((a for a in addends if a.is_Number), S.Zero)
    at = next((i for i, a in enumerate(addends) if a.is_Number), 0)
    kept = [a for a in addends if not a.is_Number]
    if number != 0 or not kept:
        kept.insert(at, number)
    return kept[0] if len(kept) == 1 else Add(*kept, evaluate=False)


def _settled_product(factors: list[Expr]) -> Expr:
    flat = [g for f in factors for g in (f.args if isinstance(f, Mul) else (f,))]
    number = S.One
    powers: dict[Expr, Expr] = {}
    for factor in flat:
        if factor.is_Number:
            number = number * factor
        else:
            base, exponent = (
                factor.args if isinstance(factor, Pow) and factor.exp.is_Number else (factor, S.One)
            )
            powers[base] = powers.get(base, S.Zero) + exponent
    if number == 0 or not powers:
        return number
    kept = [] if number == 1 else [number]
    for base, exponent in powers.items():
        if exponent == 1:
            kept.append(base)
        elif exponent != 0:
            kept.append(Pow(base, exponent, evaluate=False))
    return S.One if not kept else kept[0] if len(kept) == 1 else Mul(*kept, evaluate=False)
