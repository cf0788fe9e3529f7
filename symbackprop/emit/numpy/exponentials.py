"""Exponentials relative to the largest of several: its choice, and what is left of each."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Abs, Add, Basic, Expr, S, exp

from symbackprop.algebra.nodes import Index, IndexMax, Iverson, Maximum, Minimum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.emit.numpy.algebra import depends, difference, minus, plus, terms, times
from symbackprop.emit.numpy.scopes import Supports

Pulled = tuple[Expr, Expr]


@lowering
def exponential(w: Expr) -> Expr:
    """exp(w), with u - max(u, v) written as min(0, u - v)."""
    if w == 0:
        return S.One
    gap = _gap(w)
    if gap is not None:
        return exp(-Abs(gap), evaluate=False)
    for top in terms(w):
        if isinstance(-top, Maximum):
            rest = plus(*(t for t in terms(w) if t != top))
            sides = [minus(rest, side) for side in (-top).args]
            if S.Zero in sides:
                other = sides[1] if sides[0] == 0 else sides[0]
                return exp(Minimum(S.Zero, other), evaluate=False)
    return exp(difference(terms(w)), evaluate=False)


def _gap(w: Expr) -> Expr | None:
    """u - v, where w is u + v - 2 max(u, v) = -|u - v|."""
    for top in terms(w):
        number, both = top.as_coeff_Mul()
        if number == -2 and isinstance(both, Maximum) and len(both.args) == 2:
            u, v = both.args
            return minus(u, v) if minus(w, plus(u, v, top)) == 0 else None
    return None


def largest(w: Expr, g: Expr, over: tuple[Index, ...]) -> Expr:
    """The largest w over all indices that it, or a mask of g that w meets, depends on."""
    bound: tuple[Index, ...] = ()
    counted = w
    while (wider := tuple(b for b in over if depends(counted, (b,)))) != bound:
        bound = wider
        counted = _counting(w, g, bound)
    return IndexMax(counted, *bound)


@lowering
def _counting(w: Expr, g: Expr, bound: tuple[Index, ...]) -> Expr:
    """w where the masks in g hold, else -oo: what does not count must not be the maximum."""
    for condition, holds in Supports().support(g):
        if depends(condition, bound):
            branches = (w, S.NegativeInfinity) if holds else (S.NegativeInfinity, w)
            w = Where(condition, *branches)
    return w


def where(condition: Basic, u: Expr, v: Expr) -> Expr:
    if (u, v) == (S.One, S.Zero):
        return Iverson(condition)
    return u if u == v else Where(condition, u, v)


def total(found: Mapping[Expr, Expr], m: Expr) -> Expr:
    parts = [times(exponential(minus(w, m)), g) for w, g in found.items()]
    return Add(*parts, evaluate=False)


@lowering
def larger_of_two(found: Mapping[Expr, Expr]) -> Pulled:
    """exp(u) g + exp(v) h with m = max(u, v); exp(u - m) + exp(v - m) = 1 + exp(-|u - v|)."""
    (u, g), (v, h) = sorted(found.items(), key=lambda wg: (wg[0] != 0, wg[0].sort_key()))
    gap = minus(v, u)
    m = plus(u, Maximum(S.Zero, gap))
    if g == h:
        both = Add(S.One, exp(-Abs(gap), evaluate=False), evaluate=False)
        return m, times(g, both)
    below, above = Minimum(S.Zero, minus(u, v)), Minimum(S.Zero, gap)
    first = times(exp(below, evaluate=False), g)
    second = times(exp(above, evaluate=False), h)
    return m, Add(first, second, evaluate=False)
