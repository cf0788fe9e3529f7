"""A sum of shares, less one that is nearly all of what it is a share of.

For s_j = Σ_i f_i [i <= j], the shares f_i/s_j of each j sum to 1 over i, and

    f_k Σ_j g_j [k <= j]/s_j - g_k = f_k Σ_j g_j [k < j]/s_j - g_k Σ_i f_i [i < k]/s_k

has no share of k in s_k itself, from which 1 is taken on the left side. [i >= j] likewise.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Ge, Le, Lt, Pow

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, Iverson, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, minus, renamed, terms, times, unfolded
from symbackprop.emit.numpy.forms import equal, less
from symbackprop.emit.numpy.product import flat, negated


def less_own_share(
    first: Expr, second: Expr, quantities: Mapping[Array, Assigned]
) -> Expr | None:
    """The form of a sum of two terms, if it is the left side or its negative."""
    (minus_first, shares), (minus_second, g) = negated(first), negated(second)
    if minus_first == minus_second:
        return None
    factors = flat((shares,))
    for total in factors:
        if isinstance(total, IndexSum) and len(total.bound) == 1:
            f = times(*without(factors, total))
            for k in free_indices(f):
                sides = _shares_of_others(total, f, g, k, quantities)
                if sides is not None:
                    return less(*(sides if minus_second else sides[::-1]))
    return None


@lowering
def _shares_of_others(
    total: IndexSum, f: Expr, g: Expr, k: Index, quantities: Mapping[Array, Assigned]
) -> tuple[Expr, Expr] | None:
    """f_k Σ_j g_j [k <= j]/s_j - g_k = f_k Σ_j g_j [k < j]/s_j - g_k Σ_i f_i [i < k]/s_k"""
    (j,) = total.bound
    inner = _parts(total.body)
    for share in inner:
        whole = _whole(share, quantities)
        if whole is None or whole.bound[0].size != k.size or j.size != k.size:
            continue
        (i,), parts = whole.bound, _parts(whole.body)
        among = next((p for p in parts if _ordered(p)), None)
        own = next((p for p in inner if _ordered(p)), None)
        if among is None or own is None:
            continue
        f_i, g_j = times(*without(parts, among)), times(*without(without(inner, share), own))
        same = equal(renamed(f_i, {i: k}), f) and equal(renamed(g_j, {j: k}), g)
        if same and _ordered(own) == _ordered(renamed(among, {i: k})) and j in free_indices(among):
            rest = IndexSum(times(f_i, _strict(renamed(among, {j: k}))), i)
            others = IndexSum(times(g_j, _strict(own), share), j)
            return times(f, others), times(g, rest, renamed(share, {j: k}))
    return None


def _whole(share: Expr, quantities: Mapping[Array, Assigned]) -> IndexSum | None:
    """Σ_i f_i of 1/s for a quantity s that is such a sum."""
    if not isinstance(share, Pow) or share.args[1] != -1 or not isinstance(share.args[0], Element):
        return None
    meaning = unfolded(share.args[0], quantities)
    return meaning if isinstance(meaning, IndexSum) and len(meaning.bound) == 1 else None


def _parts(body: Expr) -> list[Expr]:
    """The factors, [c] f for where(c, f, 0)."""
    if isinstance(body, Where) and body.args[2] == 0:
        return [*flat((body.args[1],)), Iverson(body.args[0])]
    return flat((body,))


def _ordered(p: Expr) -> tuple[Index, Index] | None:
    """(i, j) of [i <= j], whichever side is written first; None for anything else."""
    condition = p.args[0] if isinstance(p, Iverson) else None
    if not isinstance(condition, Le | Ge):
        return None
    low, high = condition.args if isinstance(condition, Le) else condition.args[::-1]
    sides = [negated(t) for t in terms(minus(high, low))]
    if len(sides) != 2 or not all(isinstance(i, Index) for _, i in sides):
        return None
    below, above = (i for _, i in sorted(sides, key=lambda side: not side[0]))
    return (below, above) if sum(negative for negative, _ in sides) == 1 else None


def _strict(p: Expr) -> Expr:
    """[i < j] for [i <= j]."""
    order = _ordered(p)
    assert order is not None
    return Iverson(Lt(*order, evaluate=False))
