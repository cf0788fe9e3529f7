"""Sums over deltas of subscripts, and over axes that are cut into blocks, by one law at a time.

The rest of the summand is an opaque array while the law is applied, so that nothing else changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Mul, preorder_traversal

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexSum,
    Position,
    Quotient,
    Reduction,
    Remainder,
    fresh_index,
)
from symbackprop.algebra.normal import normal
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import substituted, times

PLACES = "Σ_j δ(k,u_j) f_j = Σ_{u_j=k} f_j"
BLOCKS = "Σ_l f_l = Σ_mn f_{(m-1)c+n}"
_OPAQUE = "·f"


def placed(total: IndexSum) -> tuple[str, Expr] | None:
    """Σ_j δ(k, u_j) f_j is the sum over the j with u_j = k, if u_j = k can be solved for j."""
    factors = total.body.args if isinstance(total.body, Mul) else (total.body,)
    for delta in (f for f in factors if isinstance(f, Delta)):
        if delta.free_symbols & set(total.bound):
            new = _normal(total.bound, delta)
            left = sum(len(inner.bound) for inner in new.atoms(IndexSum))
            if not new.has(Delta) or left < len(total.bound):
                rest = times(*(f for f in factors if f is not delta))
                return PLACES, _with_summand(new, total.bound, rest)
    return None


def in_blocks(total: IndexSum) -> tuple[str, Expr] | None:
    """Σ_l f_l = Σ_mn f_{(m-1)c+n}, where f has ⌈l/c⌉ or the place of l in its block."""
    for cut in preorder_traversal(total.body):
        if not isinstance(cut, Quotient | Remainder):
            continue
        b, size = cut.args
        if b in total.bound:
            new = _normal(total.bound, None, (Quotient(b, size), Remainder(b, size)))
            if isinstance(new, IndexSum) and len(new.bound) > len(total.bound):
                return BLOCKS, _with_summand(new, total.bound, total.body)
    return None


def _normal(bound: Sequence[Index], delta: Expr | None, cuts: Sequence[Expr] = ()) -> Expr:
    """The normal form of Σ δ f, for an opaque f of the bound indices and of what they are cut to.
    """
    places = (*bound, *cuts)
    f = Array(_OPAQUE, tuple(p.size if isinstance(p, Index) else p.args[1] for p in places))
    summand = f[places] if delta is None else times(delta, f[places])
    return Arranger(lambda array: 0).arrange(normal(IndexSum(summand, *bound)))


def _with_summand(new: Expr, bound: Sequence[Index], summand: Expr) -> Expr:
    """The expression with the summand in the place of the opaque array."""

    def put(part: Expr) -> Expr | None:
        if isinstance(part, IndexSum):
            fresh = {b: fresh_index(b.size) for b in part.bound}
            return IndexSum(substituted(at(part.body, fresh), put), *fresh.values())
        if isinstance(part, Element) and part.array.name == _OPAQUE:
            return at(summand, dict(zip(bound, part.indices, strict=False)))
        return None

    return substituted(new, put)


def at(expr: Expr, places: Mapping[Index, Expr]) -> Expr:
    """The expression with subscripts for indices, nothing else rearranged."""

    def put(part: Expr) -> Expr | None:
        leaf = not part.args or isinstance(part, Element | Index | Position | Delta | Reduction)
        inside = not part.free_symbols.isdisjoint(places)
        return rename(part, places) if leaf or not inside else None

    return substituted(expr, put)
