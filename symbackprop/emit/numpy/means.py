"""Numbers less their mean, which are centred twice.

The mean is rounded, and where all numbers are far from 0 its error is large beside what they are
apart. But x_k - m is exact there, and its mean is that error.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import permutations

from sympy import Expr, S

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, renamed, times, unfolded
from symbackprop.emit.numpy.forms import equal, less
from symbackprop.emit.numpy.product import flat, negated


def less_mean_twice(
    first: Expr, second: Expr, quantities: Mapping[Array, Assigned], adjoints: Container[Array]
) -> Expr | None:
    """The form of a sum of two terms, if it is x_k - mean_j x_j or its negative.

    adjoints: gradients, which stay as they are: they are rarely far from 0, all of them.
    """
    (minus_first, u), (minus_second, v) = negated(first), negated(second)
    if minus_first == minus_second:
        return None
    for x, m, sign in ((u, v, minus_first), (v, u, minus_second)):
        meaning = unfolded(m, quantities) if isinstance(m, Element) else m
        found = None if meaning is None else _centred_again(x, m, meaning, sign)
        if found is not None and not any(e.array in adjoints for e in elements(x)):
            return found
    return None


@lowering
def _centred_again(x: Expr, m: Expr, meaning: Expr, negative: bool) -> Expr | None:
    """x_k - m = (x_k - m) - mean_j (x_j - m), and the negative of it, for m = mean_j x_j"""
    factors = flat((meaning,))
    for total in factors:
        if isinstance(total, IndexSum) and _is_of(total, x, m):
            share = times(*without(factors, total))
            if equal(times(share, *(b.size for b in total.bound)), S.One):
                sides = less(x, m), times(share, IndexSum(less(total.body, m), *total.bound))
                return less(*(sides[::-1] if negative else sides))
    return None


def _is_of(total: IndexSum, x: Expr, m: Expr) -> bool:
    """Whether x_k is what is summed, for indices k that the mean has not."""
    own: list[Index] = [i for i in free_indices(x) if i not in free_indices(m)]
    if len(own) != len(total.bound) or not own:
        return False
    return any(equal(renamed(total.body, dict(zip(total.bound, places, strict=True))), x)
               for places in permutations(own))  # fmt: skip
