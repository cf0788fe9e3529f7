"""Whether the elements of an expression lie within their axes, and the indices with which they do.

In where(k <= n, x[k], w[k-n]) the elements of both branches are within their axes, but those of a
branch alone are not: a branch that gets a name of its own gets indices of its own too.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, Expr, Mul, S
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    Relational,
    StrictGreaterThan,
    StrictLessThan,
)

from symbackprop.algebra.nodes import Delta, Element, Index, Iverson, Position, Where, fresh_index
from symbackprop.algebra.subscripts import (
    at_least,
    canonical,
    indices_of,
    is_position,
    solved,
)
from symbackprop.algebra.trees import rename, walk

Range = tuple[Index, Expr, Expr]


def counts(condition: Basic) -> bool:
    """Whether a comparison is one of positions and sizes only."""
    return isinstance(condition, Relational) and all(_is_count(a) for a in condition.args) and any(
        indices_of(a) for a in condition.args
    )


def _is_count(a: Basic) -> bool:
    return is_position(a) or (not indices_of(a) and bool(getattr(a, "is_integer", False)) and (
        not any(hasattr(s, "shape") for s in a.free_symbols)
    ))


def decided(condition: Basic) -> bool | None:
    """Whether a comparison of positions holds for all of them, or for none; else None."""
    if not counts(condition) and not all(a.is_Integer for a in condition.args):
        return None
    left, right = (canonical(a) for a in condition.args)
    if isinstance(condition, LessThan | StrictLessThan):
        left, right = right, left
    if isinstance(condition, GreaterThan | LessThan):
        return at_least(left, right)
    if isinstance(condition, StrictGreaterThan | StrictLessThan):
        return at_least(left, right + 1)
    return None


def taken(expr: Where) -> Expr | None:
    """The branch that holds at all positions, if one does."""
    condition, u, v = expr.args
    holds = decided(condition)
    return None if holds is None else u if holds else v


def undecided(factors: Iterable[Expr]) -> list[Expr]:
    """The factors without the brackets that hold for all positions."""
    return [f for f in factors if not (isinstance(f, Iverson) and decided(f.condition))]


def range_of(condition: Basic) -> Range | None:
    """(k, first, last) for a condition that holds for k from first to last, None for others."""
    if not counts(condition):
        return None
    assert isinstance(condition, Relational)
    left, right = condition.args
    gap = canonical(left - right)
    if len(indices_of(gap)) != 1:
        return None
    (k,) = indices_of(gap)
    found = solved(gap, k)
    if found is None or abs(found[0]) != 1:
        return None
    value = canonical(-found[1] / found[0])  # k = value where both sides are equal
    if isinstance(condition, Equality):
        return k, value, value
    above = isinstance(condition, GreaterThan | StrictGreaterThan) == (found[0] == 1)
    strict = isinstance(condition, StrictGreaterThan | StrictLessThan)
    if not isinstance(condition, GreaterThan | StrictGreaterThan | LessThan | StrictLessThan):
        return None
    shift = (1 if strict else 0) * (1 if above else -1)
    end = canonical(value + shift)
    return (k, end, k.size) if above else (k, S.One, end)


def is_within(expr: Basic, known: frozenset[Expr] = frozenset()) -> bool:
    """Whether every element has subscripts within its axes wherever it is looked at.

    known: expressions in sizes that are 0 or more.
    """
    if isinstance(expr, Element):
        pairs = zip(expr.indices, expr.array.axes, strict=True)
        return all(_inside(u, size, known) for u, size in pairs)
    if isinstance(expr, Where) and (found := range_of(expr.args[0])) is not None:
        k, first, last = found
        rest = (S.One, canonical(first - 1)) if last == k.size else (canonical(last + 1), k.size)
        outside = expr.args[2] if 1 not in (first, canonical(k.size - last + 1)) else (
            _over(expr.args[2], k, *rest)
        )
        return is_within(_over(expr.args[1], k, first, last), known) and is_within(outside, known)
    if isinstance(expr, Mul):
        factors = [a for a in expr.args if not isinstance(a, Iverson)]
        rest_of = Mul(*factors, evaluate=False) if len(factors) != 1 else factors[0]
        for bracket in expr.args:
            found = range_of(bracket.condition) if isinstance(bracket, Iverson) else None
            if found is not None:
                return is_within(_over(Mul(*(a for a in expr.args if a is not bracket),
                                           evaluate=False), *found), known)  # fmt: skip
        if isinstance(rest_of, Mul):
            return all(is_within(a, known) for a in expr.args)
    if isinstance(expr, Delta | Position):
        return True
    return all(is_within(a, known) for a in expr.args if isinstance(a, Basic))


def _over(expr: Basic, k: Index, first: Expr, last: Expr) -> Basic:
    """The expression where k runs from first to last only."""
    if first == last:
        return rename(expr, {k: first})
    part = fresh_index(canonical(last - first + 1))
    return rename(expr, {k: canonical(part + first - 1)})


def _inside(u: Expr, size: Expr, known: frozenset[Expr]) -> bool:
    return at_least(u, S.One, known) is True and at_least(size, u, known) is True


def over_own_axes(
    expr: Expr, known: frozenset[Expr] = frozenset()
) -> tuple[Expr, dict[Index, Expr]] | None:
    """f[k - H] over k as f[i] and {i: k - H}: an index over its axis for a subscript beyond it.

    None where such a subscript does not stand everywhere in its indices' place.
    """
    places: dict[Expr, set[Expr]] = {}
    other: set[Index] = set()
    for node in walk(expr):
        if isinstance(node, Element):
            for u, size in zip(node.indices, node.array.axes, strict=True):
                places.setdefault(u, set()).add(size)
        elif isinstance(node, Index | Position | Delta):
            other |= indices_of(node)
    swap: dict[Expr, Index] = {}
    for u, sizes in places.items():
        if all(_inside(u, size, known) for size in sizes):
            continue
        elsewhere = frozenset(other).union(*(indices_of(v) for v in places if v != u))
        own = indices_of(u)
        if len(sizes) != 1 or not own or own & elsewhere or not own <= expr.free_symbols:
            return None
        swap[u] = fresh_index(next(iter(sizes)))
    return _with(expr, swap), {i: u for u, i in swap.items()}


def _with(expr: Basic, swap: dict[Expr, Index]) -> Expr:
    if isinstance(expr, Element):
        return Element(expr.array, *(swap.get(u, u) for u in expr.indices))
    if not expr.args or isinstance(expr, Index | Position | Delta):
        return expr
    parts = [_with(a, swap) for a in expr.args]
    if expr.is_Add or expr.is_Mul or expr.is_Pow:
        return expr.func(*parts, evaluate=False)
    return expr.func(*parts)
