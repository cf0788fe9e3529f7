"""Sums along the diagonals of two axes: what windows that overlap give back to where they lie.

    y_k = Σ_i [i <= k <= i + w - 1] f_ki, for i in 1..m and k in 1..m+w-1

is the sum of f_(i+l-1),i over all i + l - 1 = k, for l in 1..w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from sympy import Expr
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

from symbackprop.algebra.nodes import Index, Iverson, fresh_index
from symbackprop.algebra.subscripts import canonical, indices_of
from symbackprop.algebra.trees import rename
from symbackprop.algebra.within import counts


@dataclass(frozen=True)
class Overlap:
    """y_k is a sum over all i + l - 1 = k. factors: of what is summed, in i and l."""

    k: Index
    i: Index
    l: Index  # noqa: E741 - as in the law
    factors: tuple[Expr, ...]


def overlap(factors: Sequence[Expr], over: Sequence[Index]) -> Overlap | None:
    """Such a sum over one of the indices; None for other sums."""
    gaps = {f: _gap(f) for f in factors}
    known = {k for gap in gaps.values() if gap is not None for k in indices_of(gap)}
    free = sorted(known - {*over}, key=str)
    for i, k in product(over, free):
        width = canonical(k.size - i.size + 1)
        low, high = canonical(k - i), canonical(i + width - 1 - k)
        if {low, high} <= {*gaps.values()}:
            l = fresh_index(width)  # noqa: E741
            rest = (f for f in factors if gaps[f] not in (low, high))
            return Overlap(k, i, l, tuple(rename(f, {k: canonical(i + l - 1)}) for f in rest))
    return None


def _gap(factor: Expr) -> Expr | None:
    """u - v of a factor [u >= v] for positions u and v, u - v - 1 of [u > v]."""
    if not isinstance(factor, Iverson) or not counts(factor.condition):
        return None
    high, low = factor.condition.args
    if isinstance(factor.condition, LessThan | StrictLessThan):
        high, low = low, high
    if isinstance(factor.condition, GreaterThan | LessThan):
        return canonical(high - low)
    if isinstance(factor.condition, StrictGreaterThan | StrictLessThan):
        return canonical(high - low - 1)
    return None
