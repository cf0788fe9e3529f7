"""Sums of saturated values with weights that sum to 0: what the values have in common drops out.

    Σ_j d_j u_j = Σ_j d_j (u_j - c),    Σ_j d_j = 0

as of the gradient d_j = p_j (g_j - Σ_m g_m p_m) of scores whose softmax is p, and features u_j that
are a tanh (see `features`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Abs, Add, Basic, Expr, Mul, Pow, S

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, fresh_index
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import Assigned, plus, renamed, times, unfolded
from symbackprop.emit.numpy.features import Features, Shared, deviations, least
from symbackprop.emit.numpy.forms import Forms, Told, equal, less
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.weights import summed_axis


class Saturated(Forms):
    """Writes expressions so. quantities: what is assigned to them; steps: of the backward pass."""

    def __init__(
        self, quantities: Mapping[Array, Assigned], steps: Mapping[Array, Assigned],
        features: Features,
    ) -> None:
        super().__init__()
        self._quantities, self._steps, self._features = quantities, steps, features
        self._left: dict[Array, Array] = {}

    def form(self, expr: Basic) -> Expr | Told | None:
        """The form of a sum of such products; None for others."""
        if not isinstance(expr, IndexSum) or len(expr.bound) != 1:
            return None
        (j,) = expr.bound
        for factors in self._factors(expr):
            own = [f for f in factors if j in free_indices(f)]
            for u in own if len(own) == 2 else ():
                (d,) = without(own, u)
                p = self._weight(d, j) if isinstance(d, Element) else None
                base = u if self._features.is_tanh(u) else self._of_square(u)
                if p is not None and base is not None:
                    assert isinstance(d, Element)
                    law = _less_common if base is u else _less_all
                    shared = self._features.shared(base, j)
                    others = [f for f in factors if f not in own]
                    left, name = _less_sum(d, p, j), self._name(d)
                    form, shown = (times(*others, law(base, shared, e, j)) for e in (left, name))
                    return Told(form, {expr: shown, name: left})
        return None

    def _name(self, d: Element) -> Expr:
        """The element of an array that stands for d without the rounding of its sum."""
        if d.array not in self._left:
            name = self._features.names.fresh(f"{d.array.name}_apart")
            self._left[d.array] = Array(name, d.array.shape)
        return self._left[d.array][d.indices]

    def _factors(self, total: IndexSum) -> Iterator[list[Expr]]:
        """The factors of what is summed, and those with what a step of the backward pass is."""
        factors = flat((total.body,))
        yield factors
        for f in factors:
            meaning = unfolded(f, self._steps) if isinstance(f, Element) else None
            if isinstance(meaning, Mul):
                yield [*without(factors, f), *flat((meaning,))]

    def _of_square(self, v: Expr) -> Expr | None:
        """u of 1 - u^2, where u is a tanh."""
        if not isinstance(v, Add) or len(v.args) != 2 or S.One not in v.args:
            return None
        negative, square = negated(*without(v.args, S.One))
        if not negative or not isinstance(square, Pow) or square.args[1] != 2:
            return None
        return square.args[0] if self._features.is_tanh(square.args[0]) else None

    def _weight(self, d: Element, j: Index) -> Expr | None:
        """p_j of d_j = p_j (g_j - Σ_m g_m p_m), where Σ_j p_j = 1."""
        meaning = unfolded(d, self._steps)
        factors = flat((meaning,)) if meaning is not None else []
        for p in factors:
            for difference in without(factors, p):
                rest = times(*without(without(factors, p), difference))
                if isinstance(difference, Add) and j not in free_indices(rest) and (
                    self._is_weight(p, j) and self._is_less_mean(difference, p, j)
                ):
                    return p
        return None

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
def _less_sum(d: Expr, p: Expr, j: Index) -> Expr:
    """d_j = d_j - p_j Σ_m d_m, where Σ_m d_m = 0 but for rounding, and Σ_m p_m = 1"""
    m = fresh_index(j.size)
    return less(d, times(p, IndexSum(renamed(d, {j: m}), m)))


@lowering
def _less_common(u: Expr, shared: Shared | None, d: Expr, j: Index) -> Expr:
    """Σ_j d_j u_j = Σ_j d_j (u_j - c), where Σ_j d_j = 0; for that c which leaves least"""
    size = Abs(d, evaluate=False)
    return least(
        (IndexSum(times(d, left), j), IndexSum(times(size, of_left), j))
        for left, of_left in deviations(u, shared)
    )


@lowering
def _less_all(u: Expr, shared: Shared | None, d: Expr, j: Index) -> Expr:
    """Σ_j d_j (1 - u_j^2) = -Σ_j d_j u_j^2 = -Σ_j d_j (u_j - c) (u_j + c), where Σ_j d_j = 0;

    that which adds least
    """
    square, size = Pow(u, 2, evaluate=False), Abs(d, evaluate=False)
    found = [([less(S.One, square)], 1, [less(S.One, square)]), ([square], -1, [square])]
    if shared is not None:
        c, gap = shared
        of_u, of_c, of_gap = (Abs(v, evaluate=False) for v in (u, c, gap))
        both, of_both = (Add(*p, evaluate=False) for p in ((u, c), (of_u, of_c)))
        found.append(([gap, both], -1, [of_gap, of_both]))
    return least(
        (times(S(sign), IndexSum(times(d, *left), j)), IndexSum(times(size, *of_left), j))
        for left, sign, of_left in found
    )
