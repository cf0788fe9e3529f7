"""Forms that keep the last digits where one class has nearly all of the weight.

For weights y that sum to 1, as a softmax's do, at most one is above 1/2. Then with
ρ = Σ_j [y_j <= 1/2] y_j, what the others have:

    y_k - t_k              = where(y_k > 1/2, (1 - t_k) - ρ, y_k - t_k)
    g_k - Σ_j g_j y_j      = d_k - Σ_j d_j y_j          with d_k = g_k - Σ_j [y_j > 1/2] g_j
    (g_k - c) - Σ_j (g_j - c) y_j = g_k - Σ_j g_j y_j   for a normaliser c = log Σ_j exp(u_j)
    g_k - y_k Σ_j g_j      = where(y_k > 1/2, ρ g_k - y_k Σ_j [y_j <= 1/2] g_j, g_k - y_k Σ_j g_j)

and for exponents of which the largest is 0:

    log Σ_j exp(u_j)       = log1p(Σ_j [u_j != 0] exp(u_j) + (Σ_j [u_j = 0] - 1))

The left sides subtract numbers that agree in nearly all digits; the right sides do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Add, Basic, Equality, Expr, Pow, S, StrictGreaterThan, exp, log
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    Where,
    fresh_index,
)
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import plus, positive, renamed, terms, times
from symbackprop.emit.numpy.forms import Forms, equal, less
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.special import Log1p


class Exact(Forms):
    """Writes expressions so. lines: the forward pass in stable form, where weights are found."""

    def __init__(self, lines: Iterable[Line]) -> None:
        super().__init__()
        self._lines = {line.array: line for line in lines}
        self._weights: dict[Array, int] = {}
        self._logarithms: dict[Array, int] = {}
        for line in self._lines.values():
            for found, parts in (
                (self._weights, _quotient(line.expr)), (self._logarithms, _logarithm(line.expr))
            ):  # fmt: skip
                axis = None if parts is None else _summed_axis(line.indices, *parts)
                if axis is not None:
                    found[line.array] = axis

    def form(self, expr: Basic) -> Expr | None:
        """The form of a difference, or of the logarithm of a sum; None for others."""
        if isinstance(expr, log) and isinstance(expr.args[0], IndexSum):
            return _log_of_largest_one(expr.args[0])
        if not isinstance(expr, Add) or len(expr.args) != 2:
            return None
        signed = [self._signed(t) for t in expr.args]
        if sum(negative for negative, _ in signed) != 1:
            return None
        added, taken = (term for _, term in sorted(signed, key=lambda s: s[0]))
        return self._centred(added, taken) or self._projected(added, taken) or (
            self._compared(added, taken)
        )

    def _signed(self, term: Expr) -> tuple[bool, Expr]:
        """(True, -term) where a sign can be taken out, also of a sum that the term stands for."""
        opened = self._opened(term)
        return negated(opened if isinstance(negated(opened)[1], IndexSum) else term)

    def _opened(self, expr: Expr) -> Expr:
        """What is assigned to an element; any other expression as it is."""
        line = self._lines.get(expr.array) if isinstance(expr, Element) else None
        if line is None:
            return expr
        return renamed(line.expr, dict(zip(line.indices, expr.indices, strict=True)))

    def _compared(self, added: Expr, taken: Expr) -> Expr | None:
        for y, other, sign in ((added, taken, 1), (taken, added, -1)):
            if self._place(y) is not None:
                return _weight_less(y, other, self._others(y), sign)
        return None

    def _centred(self, g: Expr, mean: Expr) -> Expr | None:
        """g_k - Σ_j g_j y_j, if it is that."""
        if not isinstance(mean, IndexSum) or len(mean.bound) != 1:
            return None
        (j,) = mean.bound
        own = set(free_indices(g)) - set(free_indices(mean))
        factors = flat((mean.body,))
        for y in factors:
            if self._place(y) == j and len(own) == 1:
                rest = times(*without(factors, y))
                k = own.pop()
                rest = self._opened(renamed(rest, {j: k}))
                if not equal(rest, self._opened(g)):
                    return None
                return _less_mean(_without_constant(self._opened(g), k) or g, k, y, j)
        return None

    def _projected(self, g: Expr, product: Expr) -> Expr | None:
        """g_k - y_k Σ_j g_j, if it is that."""
        factors = flat((product,))
        if len(factors) != 2:
            return None
        for y, total in (factors, factors[::-1]):
            k = self._place(y)
            if isinstance(k, Index) and isinstance(total, IndexSum) and len(total.bound) == 1:
                (j,) = total.bound
                if equal(renamed(total.body, {j: k}), g):
                    return _less_share(g, y, self._others(y), self._at(y, j)[0], total)
        return None

    def _element(self, y: Expr) -> tuple[Element, int] | None:
        """The element in a weight y_k or exp(log y_k), and the axis on which weights sum to 1."""
        inner, axes = (y.args[0], self._logarithms) if isinstance(y, exp) else (y, self._weights)
        if not isinstance(inner, Element) or inner.array not in axes:
            return None
        return inner, axes[inner.array]

    def _place(self, y: Expr) -> Expr | None:
        """The subscript of a weight on that axis; None for what is no weight."""
        found = self._element(y)
        return None if found is None else found[0].indices[found[1]]

    def _at(self, y: Expr, j: Index | None = None) -> tuple[Expr, Index]:
        """The weight of the same row at another place, and that place."""
        found = self._element(y)
        assert found is not None
        element, axis = found
        j = fresh_index(element.array.axes[axis]) if j is None else j
        other = element.array[(*element.indices[:axis], j, *element.indices[axis + 1 :])]
        return (exp(other, evaluate=False) if isinstance(y, exp) else other), j

    def _others(self, y: Expr) -> Expr:
        """Σ_j [y_j <= 1/2] y_j over the axis on which the weights sum to 1."""
        each, j = self._at(y)
        return IndexSum(Where(_is_top(each), S.Zero, each), j)


def _quotient(expr: Expr) -> tuple[Expr, Expr] | None:
    """(f, g) of f/g, where both are products."""
    factors = flat((expr,))
    for divisor in factors:
        if isinstance(divisor, Pow) and divisor.args[1] == -1:
            return times(*without(factors, divisor)), divisor.args[0]
    return None


def _logarithm(expr: Expr) -> tuple[Expr, Expr] | None:
    """(exp(u), g) of u - log(g)."""
    for term in terms(expr):
        negative, inner = negated(term)
        if negative and isinstance(inner, log):
            rest = plus(*without(terms(expr), term))
            return exp(rest, evaluate=False), inner.args[0]
    return None


def _summed_axis(indices: Sequence[Index], f: Expr, total: Expr) -> int | None:
    """The axis on which f/g sums to 1: there is one with g = Σ_j f_j, and f > 0."""
    own = [n for n, i in enumerate(indices) if i not in free_indices(total)]
    if len(own) != 1 or not positive(f, {}):
        return None
    return own[0] if equal(IndexSum(f, indices[own[0]]), total) else None


def _is_top(y: Expr) -> Boolean:
    return StrictGreaterThan(y, S.Half, evaluate=False)


@lowering
def _weight_less(y: Expr, t: Expr, others: Expr, sign: int) -> Expr:
    """y_k - t_k = where(y_k > 1/2, (1 - t_k) - ρ, y_k - t_k)"""
    sides = (less(S.One, t), others), (y, t)
    top, low = (less(*side[::sign]) for side in sides)
    return Where(_is_top(y), top, low)


@lowering
def _without_constant(g: Expr, k: Index) -> Expr | None:
    """(g_k - c) - Σ_j (g_j - c) y_j = g_k - Σ_j g_j y_j, for logarithms c; Σ_j y_j = 1"""
    kept = [t for t in terms(g) if k in free_indices(t) or not isinstance(negated(t)[1], log)]
    return None if len(kept) in (0, len(terms(g))) else plus(*kept)


@lowering
def _less_mean(g: Expr, k: Index, y: Expr, j: Index) -> Expr:
    """g_k - Σ_j g_j y_j = d_k - Σ_j d_j y_j with d_k = g_k - Σ_j [y_j > 1/2] g_j"""
    top = IndexSum(Where(_is_top(y), renamed(g, {k: j}), S.Zero), j)
    mean = IndexSum(times(less(renamed(g, {k: j}), top), y), j)
    return less(less(g, top), mean)


@lowering
def _less_share(g: Expr, y: Expr, others: Expr, each: Expr, total: IndexSum) -> Expr:
    """g_k - y_k Σ_j g_j = where(y_k > 1/2, ρ g_k - y_k Σ_j [y_j <= 1/2] g_j, g_k - y_k Σ_j g_j)"""
    rest = IndexSum(Where(_is_top(each), S.Zero, total.body), *total.bound)
    top = less(times(others, g), times(y, rest))
    return Where(_is_top(y), top, less(g, times(y, total)))


@lowering
def _log_of_largest_one(total: IndexSum) -> Expr | None:
    """log Σ_j exp(u_j) = log1p(Σ_j [u_j != 0] exp(u_j) + (Σ_j [u_j = 0] - 1)), max_j u_j = 0"""
    if not isinstance(total.body, exp) or not _is_centred(total.body.args[0], total.bound):
        return None
    largest = Equality(total.body.args[0], S.Zero, evaluate=False)
    ties = Add(IndexSum(Iverson(largest), *total.bound), S.NegativeOne, evaluate=False)
    others = IndexSum(Where(largest, S.Zero, total.body), *total.bound)
    return Log1p(Add(others, ties, evaluate=False))


def _is_centred(u: Expr, bound: Sequence[Index]) -> bool:
    """Whether u_j is x_j - max_j x_j, with the maximum over these indices."""
    for term in terms(u):
        negative, top = negated(term)
        if negative and isinstance(top, IndexMax) and len(top.bound) == len(bound):
            swap = dict(zip(top.bound, bound, strict=True))
            if equal(renamed(top.body, swap), plus(*without(terms(u), term))):
                return True
    return False
