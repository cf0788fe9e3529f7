"""Expressions as they are written: rebuilt and joined without any rearranging."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from sympy import Add, Basic, Expr, Mul, Pow, S
from sympy.core.function import Application
from sympy.core.relational import Relational

from symbackprop.algebra.nodes import Element, Index, Reduction


def rebuilt(expr: Basic, arguments: Sequence[Basic]) -> Expr:
    """The same kind of node over other arguments."""
    if isinstance(expr, Add | Mul | Pow | Relational | Application):
        return expr.func(*arguments, evaluate=False)
    return expr.func(*arguments)


def plus(*terms: Expr) -> Expr:
    """A sum as it stands, without zeros."""
    kept = [t for t in terms if t != 0]
    if len(kept) < 2:
        return kept[0] if kept else S.Zero
    return Add(*kept, evaluate=False)


def times(*factors: Expr) -> Expr:
    """A product as it stands, without ones; 0 where a factor is 0."""
    flat = [g for f in factors for g in (f.args if isinstance(f, Mul) else (f,))]
    if S.Zero in flat:
        return S.Zero
    kept = [f for f in flat if f != 1]
    if len(kept) < 2:
        return kept[0] if kept else S.One
    return Mul(*kept, evaluate=False)


def joined(expr: Expr, parts: Sequence[Expr]) -> Expr:
    """The same kind of node over other parts; a sum without zeros, a product in one piece."""
    if isinstance(expr, Mul):
        return times(*parts)
    return plus(*parts) if isinstance(expr, Add) else rebuilt(expr, parts)


def substituted(expr: Expr, put: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with what `put` gives for a part in that part's place, outermost first."""
    found = put(expr)
    if found is not None:
        return found
    if isinstance(expr, Element | Index) or not expr.args:
        return expr
    parts = [substituted(a, put) for a in expr.args]
    same = all(a is b for a, b in zip(parts, expr.args, strict=True))
    return expr if same else joined(expr, parts)


def replaced(expr: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with one part in the place of another, wherever that stands."""
    return substituted(expr, lambda part: new if part == old else None)


def unordered(expr: Basic, bound: tuple[Index, ...] = ()) -> Hashable:
    """A key that is the same for sums and products in any order, whatever bound indices are called.

    A quotient is a product: u v / w and u / w · v have one key.
    """
    if isinstance(expr, Index) and expr in bound:
        return "bound", len(bound) - bound.index(expr)
    kind = expr.func.__name__
    if isinstance(expr, Reduction):
        return kind, len(expr.bound), unordered(expr.body, (*expr.bound, *bound))
    if not expr.args:
        return "leaf", expr
    keys = [unordered(a, bound) for a in expr.args]
    if isinstance(expr, Add | Mul):
        return kind, frozenset(Counter(keys).items())
    return kind, tuple(keys)
