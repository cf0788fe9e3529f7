"""Which parts of an expression are worth a name of their own."""

from __future__ import annotations

from sympy import Abs, Add, Basic, Expr, Mul, Pow, Symbol, cosh, exp, sign, sinh
from sympy.core.relational import Relational

from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.nodes import (
    Array,
    Element,
    IndexSum,
    Maximum,
    Minimum,
    Reduction,
    Where,
)
from symbackprop.algebra.sign_of import sign_of
from symbackprop.algebra.trees import elements, walk


def parts_of(expr: Basic) -> list[Expr]:
    """What an expression is made of; not the indices and the condition of a choice."""
    if isinstance(expr, Element | Symbol):
        return []
    if isinstance(expr, Reduction):
        return [expr.body]
    return list(expr.args)


def rebuilt(expr: Expr, parts: list[Expr]) -> Expr:
    """The expression with other parts, nothing else rearranged."""
    if isinstance(expr, Reduction):
        return expr.func(parts[0], *expr.bound)
    if isinstance(expr, Add | Mul):
        flat = [p for a in parts for p in (a.args if isinstance(a, expr.func) else (a,))]
        return expr.func(*flat, evaluate=False)
    if isinstance(expr, Pow | Relational) or type(expr) in BY_CLASS:
        return expr.func(*parts, evaluate=False)
    return expr.func(*parts) if parts else expr


def is_heavy(expr: Expr, made: set[Array]) -> bool:
    """Whether a sum or a maximum over an axis is in the expression, by name or written out."""
    return any(
        isinstance(node, Reduction) or (isinstance(node, Element) and node.array in made)
        for node in walk(expr)
    )


def is_outer(expr: Expr) -> bool:
    """Whether an expression varies over more indices than any element in it, as a_i - b_j does.

    Its exponential would be a product of two, which nothing is solved for.
    """
    inside = [e.free for e in elements(expr)]
    return len(inside) > 1 and all(free < frozenset().union(*inside) for free in inside)


def has_function(expr: Expr) -> bool:
    """Whether a function that takes work, such as exp, is in the expression."""
    return any(
        isinstance(node, Maximum | Minimum)
        or (type(node) in BY_CLASS and not isinstance(node, Abs | sign))
        for node in walk(expr)
    )


def grows(expr: Expr) -> bool:
    """Whether the value may be e^1000: kept by a name it would be infinite.

    In place, the emitters scale it: e^x/(1 + e^x), log Σ e^x.
    """
    if isinstance(expr, exp | sinh | cosh):
        return True
    if isinstance(expr, Pow):
        return grows(expr.base) and not (expr.exp.is_negative and _is_above_a_number(expr.base))
    if isinstance(expr, Mul) and any(
        isinstance(f, Pow) and f.exp.is_negative and grows(f.base) for f in expr.args
    ):
        return False
    inside = isinstance(expr, Add | Mul | Reduction | Maximum | Minimum | Where)
    return inside and any(grows(part) for part in parts_of(expr))


def _is_above_a_number(expr: Expr) -> bool:
    """Whether an expression is a positive number and more, as 1 + e^x is."""
    return isinstance(expr, Add) and bool(sum(t for t in expr.args if t.is_number) > 0) and all(
        sign_of(t) for t in expr.args if not t.is_number
    )


def is_work(expr: Expr) -> bool:
    """Whether an expression is worth a name where it is written twice."""
    if isinstance(expr, Mul) and len(expr.args) > 1:
        *shares, last = expr.args
        return isinstance(last, IndexSum) and all(not elements(s) for s in shares)
    if isinstance(expr, Pow):
        return not expr.exp.is_Integer or bool(expr.exp < 0 and elements(expr.base))
    return isinstance(expr, Reduction) or (
        type(expr) in BY_CLASS and not isinstance(expr, Abs | sign)
    )
