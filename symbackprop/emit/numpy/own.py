"""A sum less one of its terms, or less what has that term too: it is left out of both.

    Σ_k m_ik x_k - x_i Σ_k m_ik   both over k ≠ i
    Σ_k x_k - x_i                 = Σ_k x_k over k < i and over k > i
    (Σ_k x_k)^2 - Σ_k x_k^2       = 2 Σ_k x_k Σ_j x_j over j < k
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Gt, Integer, Lt, Pow, S

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Delta, Element, IndexSum, Iverson, fresh_index
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, plus, renamed, times, unfolded
from symbackprop.emit.numpy.forms import equal, less
from symbackprop.emit.numpy.product import flat, negated


def less_own(first: Expr, second: Expr, quantities: Mapping[Array, Assigned]) -> Expr | None:
    """The form of a sum of two terms, if it is one of these, or the negative of one."""
    found = _without_own(first, second)
    if found is not None:
        return found
    (minus_total, total), (minus_own, own) = negated(first), negated(second)
    if minus_total == minus_own:
        return None
    square = isinstance(total, Pow) and total.args[1] == 2
    base = total.args[0] if square else total
    meaning = unfolded(base, quantities) if isinstance(base, Element) else base
    if not isinstance(meaning, IndexSum) or len(meaning.bound) != 1:
        return None
    others = _pairs(meaning, own) if square else _others(meaning, own)
    return others if others is None or minus_own else times(S.NegativeOne, others)


@lowering
def _others(total: IndexSum, own: Expr) -> Expr | None:
    """Σ_k x_k - x_i = Σ_k [k < i] x_k + Σ_k [k > i] x_k"""
    k = fresh_index(total.bound[0].size)  # a quantity's own index may be called as one here
    x = renamed(total.body, {total.bound[0]: k})
    for i in free_indices(own):
        if i.size == k.size and i not in free_indices(total) and equal(renamed(x, {k: i}), own):
            sides = (Iverson(order(k, i, evaluate=False)) for order in (Lt, Gt))
            return plus(*(IndexSum(times(side, x), k) for side in sides))
    return None


@lowering
def _pairs(total: IndexSum, squares: Expr) -> Expr | None:
    """(Σ_k x_k)^2 - Σ_k x_k^2 = 2 Σ_k x_k Σ_j [j < k] x_j"""
    if not isinstance(squares, IndexSum) or len(squares.bound) != 1:
        return None
    size = total.bound[0].size
    k, j = fresh_index(size), fresh_index(size)
    own, other = (renamed(total.body, {total.bound[0]: b}) for b in (k, j))
    same = squares.bound[0].size == size and (
        equal(renamed(squares.body, {squares.bound[0]: k}), times(own, own))
    )
    if not same:
        return None
    before = IndexSum(times(Iverson(Lt(j, k, evaluate=False)), other), j)
    return times(Integer(2), IndexSum(times(own, before), k))


@lowering
def _without_own(first: Expr, second: Expr) -> Expr | None:
    """Σ_k m_ik x_k - x_i Σ_k m_ik = Σ_k (1 - δ_ik) m_ik x_k - x_i Σ_k (1 - δ_ik) m_ik"""
    (minus_total, total), (minus_share, share) = negated(first), negated(second)
    if minus_total == minus_share or not isinstance(total, IndexSum) or len(total.bound) > 1:
        return None
    (b,) = total.bound
    factors = flat((share,))
    for all_m in factors:
        if not isinstance(all_m, IndexSum) or [k.size for k in all_m.bound] != [b.size]:
            continue
        x, m = times(*without(factors, all_m)), renamed(all_m.body, {all_m.bound[0]: b})
        own = (i for i in free_indices(x) if i.size == b.size and i in free_indices(m))
        i = next((i for i in own if equal(total.body, times(m, renamed(x, {i: b})))), None)
        if i is not None:
            m = times(less(S.One, Delta(i, b)), m)
            sides = IndexSum(times(m, renamed(x, {i: b})), b), times(x, IndexSum(m, b))
            return less(*(sides if minus_share else sides[::-1]))
    return None
