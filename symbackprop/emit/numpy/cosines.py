"""1 less a cosine, as the length of a difference.

    1 - Σ_k x_k y_k/(r s) = Σ_k (x_k/r - y_k/s)^2/2,    r^2 = Σ_k x_k^2,  s^2 = Σ_k y_k^2

Where the vectors are nearly parallel, the left side has no digit left. 1 + c likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Expr, Mul, Pow, S

from symbackprop.algebra.nodes import Array, Element, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, canonical, times, unfolded
from symbackprop.emit.numpy.forms import equal
from symbackprop.emit.numpy.product import flat, negated


def one_less_cosine(
    first: Expr, second: Expr, quantities: Mapping[Array, Assigned]
) -> Expr | None:
    """The form of a sum of two terms, if it is 1 - c or 1 + c for a cosine c."""
    negative, c = negated(second)
    meaning = unfolded(c, quantities) if isinstance(c, Element) else c
    if first != 1 or meaning is None:
        return None
    factors = [g for f in flat((meaning,)) for g in _opened(f, quantities)]
    for total in factors:
        if isinstance(total, IndexSum):
            others = without(factors, total)
            for x, y in _pairs(total):
                for u, v in (others, others[::-1]) if len(others) == 2 else ():
                    if _is_inverse_length(u, x, total, quantities) and (
                        _is_inverse_length(v, y, total, quantities)
                    ):
                        return _half_distance(total, times(x, u), times(y, v), negative)
    return None


def _opened(f: Expr, quantities: Mapping[Array, Assigned]) -> list[Expr]:
    """1/r and 1/s of 1/(r s), also for a quantity r s."""
    base, power = f.args if isinstance(f, Pow) else (f, S.Zero)
    meaning = unfolded(base, quantities) if isinstance(base, Element) else base
    if isinstance(meaning, Mul) and power.is_Integer and power != 0:
        return [Pow(g, power, evaluate=False) for g in flat((meaning,))]
    return [f]


def _pairs(total: IndexSum) -> Iterator[Sequence[Expr]]:
    factors = flat((total.body,))
    if len(factors) == 2:
        yield factors


def _is_inverse_length(
    u: Expr, x: Expr, total: IndexSum, quantities: Mapping[Array, Assigned]
) -> bool:
    """Whether u is 1/r with r^2 = Σ_k x_k^2."""
    base, power = u.args if isinstance(u, Pow) else (u, S.Zero)
    meaning = unfolded(base, quantities) if isinstance(base, Element) else base
    if power == 0 or meaning is None:
        return False
    square = canonical(meaning) ** (-2 * power)
    if isinstance(square, Element):
        square = unfolded(square, quantities) or square
    return equal(square, IndexSum(Pow(x, 2), *total.bound))


@lowering
def _half_distance(total: IndexSum, x: Expr, y: Expr, negative: bool) -> Expr:
    """1 - Σ_k x_k y_k = Σ_k (x_k - y_k)^2/2, where Σ_k x_k^2 = Σ_k y_k^2 = 1; 1 + … likewise"""
    apart = Add(x, times(S.NegativeOne, y) if negative else y, evaluate=False)
    return times(S.Half, IndexSum(Pow(apart, 2, evaluate=False), *total.bound))
