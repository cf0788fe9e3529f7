"""Expressions as they are written: rebuilt and joined without any rearranging."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sympy import Add, Basic, Expr, Mul, Pow, S
from sympy.core.function import Application
from sympy.core.relational import Equality, GreaterThan, LessThan, Relational

from symbackprop.algebra.nodes import Delta, Element, Index, Reduction
from symbackprop.algebra.subscripts import bounds
from symbackprop.algebra.within import counts


def rebuilt(expr: Basic, arguments: Sequence[Basic]) -> Expr:
    """The same kind of node over other arguments."""
    if isinstance(expr, Add | Mul | Pow | Relational | Application):
        return expr.func(*arguments, evaluate=False)
    return expr.func(*arguments)


def plus(*terms: Expr) -> Expr:
    """A sum as it stands, in one piece, without zeros."""
    kept = [u for t in terms for u in (t.args if isinstance(t, Add) else (t,)) if u != 0]
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


def without(parts: Iterable[Expr], part: Expr) -> list[Expr]:
    """The others of the parts: u and u are two of them, as u + u stands there."""
    found = list(parts)
    found.remove(part)
    return found


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


def unordered(expr: Basic, bound: Mapping[Index, int] = MappingProxyType({})) -> Hashable:
    """A key that is the same for sums and products in any order, whatever bound indices are called.

    A quotient is a product: u v / w and u / w · v have one key, and so have u/(v v), u/v/v and
    u/v^2. Sums in sums and products in products are opened, and numbers joined.
    bound: a number for each index that is bound around the expression.
    """
    if isinstance(expr, Index) and expr in bound:
        return "bound", bound[expr]
    kind = expr.func.__name__
    if isinstance(expr, Reduction):
        order, number = _in_order(expr, bound), 1 + max(bound.values(), default=-1)
        inside = {**bound, **{b: number + n for n, b in enumerate(order)}}
        return kind, tuple(b.size for b in order), unordered(expr.body, inside)
    if not expr.args:
        return "leaf", expr
    if isinstance(expr, Delta):  # its subscripts stand in the order of their names
        return kind, frozenset(unordered(u, bound) for u in expr.indices)
    if isinstance(expr, Relational) and counts(expr):
        return _compared(expr, bound)
    if isinstance(expr, Add):
        return _key(kind, [(unordered(t, bound), S.One) for t in _terms(expr)])
    factors = list(_factors(expr, 1))
    if factors == [(expr, 1)]:
        return kind, tuple(unordered(a, bound) for a in expr.args)
    number = Mul(*(f**e for f, e in factors if f.is_Number))
    found = [(unordered(f, bound), e) for f, e in factors if not f.is_Number]
    if number != 1:
        found.append((("leaf", number), 1))
    return _key("Mul", found)


def _in_order(total: Reduction, bound: Mapping[Index, int]) -> list[Index]:
    """The bound indices in an order that is not the one they are written in: Σ_jk = Σ_kj."""
    if len(total.bound) == 1:
        return [*total.bound]
    this = 1 + max(bound.values(), default=-1)
    others = {**bound, **dict.fromkeys(total.bound, this + 1)}
    return sorted(total.bound, key=lambda b: hash(unordered(total.body, {**others, b: this})))


def _compared(expr: Relational, bound: Mapping[Index, int]) -> Hashable:
    """A key of a comparison of positions: k - 1 >= j - 1 is k >= j, and k <= 1 is k = 1."""
    gap = expr.args[0] - expr.args[1]
    ends = bounds(gap)
    last = ends is not None and (
        (isinstance(expr, LessThan) and ends[0] == 0)
        or (isinstance(expr, GreaterThan) and ends[1] == 0)
    )
    if last or isinstance(expr, Equality):
        return "Equality", frozenset((unordered(gap, bound), unordered(-gap, bound)))
    return expr.func.__name__, unordered(gap, bound)


def _key(kind: str, parts: list[tuple[Hashable, Any]]) -> Hashable:
    """Parts and how often each stands there, those of a quotient's two sides apart."""
    if len(parts) == 1 and parts[0][1] == 1:
        return parts[0][0]
    count: Counter[Hashable] = Counter()
    for key, n in parts:
        count[key, n > 0] += int(n)
    return kind, frozenset(count.items())


def _terms(expr: Expr) -> Iterator[Expr]:
    """The terms of a sum, those of sums in it too."""
    for part in expr.args if isinstance(expr, Add) else (expr,):
        if isinstance(part, Add):
            yield from _terms(part)
        else:
            yield part


def _factors(expr: Expr, sign: int) -> Iterator[tuple[Expr, int]]:
    """The factors of a product, with 1, and those that it divides by, with negative exponents."""
    if isinstance(expr, Mul):
        for f in expr.args:
            yield from _factors(f, sign)
    elif isinstance(expr, Pow) and expr.exp == -1:
        yield from _factors(expr.base, -sign)
    elif isinstance(expr, Pow) and expr.exp.is_Integer and expr.exp * sign < 0:
        yield expr.base, int(expr.exp) * sign
    else:
        yield expr, sign
