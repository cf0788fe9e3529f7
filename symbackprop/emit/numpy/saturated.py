"""Sums of saturated values with weights that sum to 0: what the values have in common drops out.

    Σ_j d_j u_j = Σ_j d_j (u_j - c),    Σ_j d_j = 0

as of the gradient d_j = p_j (g_j - Σ_m g_m p_m) of scores whose softmax is p. Where most of the
u_j = tanh(x_j), by the size of d_j, are near 1 (or -1), that is c, and 1 - u_j has a form that
subtracts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Abs, Add, Basic, Expr, Mul, Pow, S, StrictGreaterThan, StrictLessThan, tanh

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, plus, renamed, times, unfolded
from symbackprop.emit.numpy.forms import Forms, equal, less
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.weights import summed_axis


class Saturated(Forms):
    """Writes expressions so. quantities: what is assigned to them; steps: of the backward pass."""

    def __init__(
        self, quantities: Mapping[Array, Assigned], steps: Mapping[Array, Assigned]
    ) -> None:
        super().__init__()
        self._quantities, self._steps = quantities, steps

    def form(self, expr: Basic) -> Expr | None:
        """The form of a sum of such products; None for others."""
        if not isinstance(expr, IndexSum) or len(expr.bound) != 1:
            return None
        (j,) = expr.bound
        for factors in self._factors(expr):
            own = [f for f in factors if j in free_indices(f)]
            for u in own if len(own) == 2 else ():
                (d,) = without(own, u)
                if isinstance(d, Element) and self._sums_to_zero(d, j):
                    others = [f for f in factors if f not in own]
                    square = self._square(u)
                    if self._is_tanh(u):
                        return times(*others, _less_common(u, d, j))
                    if square is not None:
                        return times(*others, _less_all(square, d, j))
        return None

    def _factors(self, total: IndexSum) -> Iterator[list[Expr]]:
        """The factors of what is summed, and those with what a step of the backward pass is."""
        factors = flat((total.body,))
        yield factors
        for f in factors:
            meaning = unfolded(f, self._steps) if isinstance(f, Element) else None
            if isinstance(meaning, Mul):
                yield [*without(factors, f), *flat((meaning,))]

    def _square(self, v: Expr) -> Expr | None:
        """u^2 of 1 - u^2, where u is a tanh."""
        if not isinstance(v, Add) or len(v.args) != 2 or S.One not in v.args:
            return None
        negative, square = negated(*without(v.args, S.One))
        is_one = isinstance(square, Pow) and square.args[1] == 2 and self._is_tanh(square.args[0])
        return square if negative and is_one else None

    def _is_tanh(self, u: Expr) -> bool:
        meaning = unfolded(u, self._quantities) if isinstance(u, Element) else None
        return isinstance(meaning, tanh)

    def _sums_to_zero(self, d: Element, j: Index) -> bool:
        """Whether d_j = p_j (g_j - Σ_m g_m p_m), where Σ_j p_j = 1."""
        meaning = unfolded(d, self._steps)
        factors = flat((meaning,)) if meaning is not None else []
        for p in factors:
            for difference in without(factors, p):
                rest = times(*without(without(factors, p), difference))
                if isinstance(difference, Add) and j not in free_indices(rest) and (
                    self._is_weight(p, j) and self._is_less_mean(difference, p, j)
                ):
                    return True
        return False

    def _is_weight(self, p: Expr, j: Index) -> bool:
        meaning = unfolded(p, self._quantities) if isinstance(p, Element) else None
        if meaning is None:
            return False
        indices = tuple(dict.fromkeys(free_indices(p)))
        axis = summed_axis(indices, meaning)
        return axis is not None and indices[axis] == j

    def _is_less_mean(self, difference: Add, p: Expr, j: Index) -> bool:
        """Whether it is g_j - Σ_m g_m p_m."""
        for mean in difference.args:
            negative, total = negated(mean)
            if isinstance(total, Element):
                total = unfolded(total, self._quantities)
            if negative and isinstance(total, IndexSum) and len(total.bound) == 1:
                g = plus(*without(difference.args, mean))
                if equal(total.body, renamed(times(g, p), {j: total.bound[0]})):
                    return True
        return False


@lowering
def _less_common(u: Expr, d: Expr, j: Index) -> Expr:
    """Σ_j d_j u_j = Σ_j d_j (u_j - c), where Σ_j d_j = 0; c is 1 or -1 if most u_j are near it"""
    size = Abs(d, evaluate=False)
    most, half = IndexSum(times(size, u), j), times(S.Half, IndexSum(size, j))
    low = IndexSum(times(d, Add(S.One, u, evaluate=False)), j)
    high = times(S.NegativeOne, IndexSum(times(d, less(S.One, u)), j))
    is_low = StrictLessThan(most, times(S.NegativeOne, half), evaluate=False)
    below = Where(is_low, low, IndexSum(times(d, u), j))
    return Where(StrictGreaterThan(most, half, evaluate=False), high, below)


@lowering
def _less_all(v: Expr, d: Expr, j: Index) -> Expr:
    """Σ_j d_j (1 - v_j) = -Σ_j d_j v_j, where Σ_j d_j = 0; if most v_j are less than 1/2"""
    size = Abs(d, evaluate=False)
    most, half = IndexSum(times(size, v), j), times(S.Half, IndexSum(size, j))
    is_low = StrictLessThan(most, half, evaluate=False)
    own = times(S.NegativeOne, IndexSum(times(d, v), j))
    return Where(is_low, own, IndexSum(times(d, less(S.One, v)), j))
