"""Deltas under a sum, solved for a bound index."""

from __future__ import annotations

from functools import cache

from sympy import Add, Expr, Integer, Symbol

from symbackprop.algebra.nodes import Delta, Index, Quotient, Remainder
from symbackprop.algebra.poly import ONE, Monomial, Poly
from symbackprop.algebra.positions import equal_positions, in_range
from symbackprop.algebra.registry import law
from symbackprop.algebra.subscripts import canonical, divided, indices_of, solved


def delta_to_solve(
    m: Monomial, bound: tuple[Index, ...]
) -> tuple[Delta, Index, Expr, Poly] | None:
    """A delta, an index to solve it for, its value, and the factor that remains of the delta.

    The value that lies within its axis for certain comes first, then a place in a block, then
    one with brackets for its range.
    """
    best: tuple[int, tuple[Delta, Index, Expr, Poly]] | None = None
    for a, _ in m:
        if not isinstance(a, Delta):
            continue
        for b in bound:
            solution = solve_delta(a, b)
            if solution is not None and (best is None or solution[0] < best[0]):
                if solution[0] == 0:
                    return a, b, solution[1], ONE
                best = solution[0], (a, b, solution[1], solution[2])
    return best[1] if best else None


@cache
def solve_delta(delta: Delta, b: Index) -> tuple[int, Expr, Poly] | None:
    """How desirable (0 is best) it is to put a value in place of b, the value, and what remains."""
    i, j = delta.indices
    if isinstance(i, Index) and isinstance(j, Index) and i.size == j.size:
        return (0, j if b == i else i, ONE) if b in (i, j) else None
    gap = canonical(i - j)
    found = solved(gap, b)
    if found is None:
        return None
    if abs(found[0]) != 1:
        steps = delta_of_steps(canonical(gap - found[1]), found[1], b)
        return None if steps is None else (1, *steps)
    value = canonical(-found[1] / found[0])
    brackets = in_range(value, b.size)
    if brackets == ONE:
        return 0, value, ONE
    if found[0] == 1:
        gap = -gap
    blocks = delta_of_blocks(canonical(gap + b), b)
    if blocks is not None:
        return 1, *blocks
    return 2 + isinstance(b.size, Symbol | Integer), value, brackets


@law
def delta_of_blocks(u: Expr, b: Index) -> tuple[Expr, Poly] | None:
    """δ(k, P(g-1) + p) = δ(g, ⌈k/P⌉) δ(p, k - P(⌈k/P⌉ - 1)), p in 1..P: the second is solved"""
    blocks = [(term, divided(term, b.size)) for term in Add.make_args(u)]
    whole = Add(*(share for _, share in blocks if share is not None))
    rest = Add(*(term for term, share in blocks if share is None))
    if whole == 0 or rest == 0 or not indices_of(whole):
        return None
    return Remainder(rest, b.size), equal_positions(Quotient(rest, b.size), 1 - whole)


@law
def delta_of_steps(u: Expr, rest: Expr, b: Index) -> tuple[Expr, Poly] | None:
    """δ(k, c (i-1) + p) = δ(i, ⌈k/c⌉) δ(k - c (⌈k/c⌉ - 1), p), p in 1..c: the first is solved"""
    step = u.coeff(b)
    ends, k = (rest if step < 0 else -rest).as_coeff_Add()
    if not step.is_Integer or not isinstance(k, Index):
        return None
    whole, place = divmod(-int(ends) - 1, abs(int(step)))
    value = canonical(Quotient(k, abs(step)) - whole - 1)
    if in_range(value, b.size) != ONE:
        return None
    return value, equal_positions(Remainder(k, abs(step)), Integer(place + 1))
