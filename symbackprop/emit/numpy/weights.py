"""Weights: positive numbers y_k that sum to 1 over one index, as a softmax's do.

y_k = f_k/Σ_j f_j, an array assigned so, or the exponential of one: exp(u_k - log Σ_j exp(u_j)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain, count

from sympy import Expr, Pow, S, StrictGreaterThan, exp, log
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, Where, fresh_index
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import (
    canonical,
    plus,
    positive,
    renamed,
    terms,
    times,
    unfolded,
)
from symbackprop.emit.numpy.forms import equal
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.product import flat, negated


class Weights:
    """Finds weights. lines: the forward pass in stable form; taken: names in use."""

    def __init__(self, lines: Iterable[Line], taken: Collection[str]) -> None:
        self._names = (n for n in chain("pqw", map("p{}".format, count(1))) if n not in taken)
        self._named: dict[Expr, Array] = {}
        self._lines = {line.array: line for line in lines}
        self._weights: dict[Array, int] = {}
        self._logarithms: dict[Array, int] = {}
        for line in self._lines.values():
            for found, parts in (
                (self._weights, quotient(line.expr)),
                (self._logarithms, self._logarithm(line.expr)),
            ):
                axis = None if parts is None else _summed_axis(line.indices, *parts)
                if axis is not None:
                    found[line.array] = axis

    def opened(self, expr: Expr) -> Expr:
        """What is assigned to an element; any other expression as it is."""
        meaning = unfolded(expr, self._lines) if isinstance(expr, Element) else None
        return expr if meaning is None else meaning

    def place(self, y: Expr) -> Expr | None:
        """The subscript over which weights y sum to 1; None for what is no weight."""
        found = self._element(y)
        if found is not None:
            return found[0].indices[found[1]]
        parts = quotient(y)
        indices = tuple(free_indices(y))
        axis = _summed_axis(indices, *parts) if parts else None
        return None if axis is None else indices[axis]

    def exponent(self, y: Expr) -> Expr | None:
        """u_k of y_k = exp(u_k)/Σ_j exp(u_j)."""
        parts = quotient(self.opened(y))
        return parts[0].args[0] if parts is not None and isinstance(parts[0], exp) else None

    def at(self, y: Expr, j: Index | None = None) -> tuple[Expr, Index]:
        """The weight of the same row at another place, and that place."""
        found = self._element(y)
        if found is None:
            k = self.place(y)
            assert isinstance(k, Index)
            j = fresh_index(k.size) if j is None else j
            return renamed(y, {k: j}), j
        element, axis = found
        j = fresh_index(element.array.axes[axis]) if j is None else j
        other = element.array[(*element.indices[:axis], j, *element.indices[axis + 1 :])]
        return (exp(other, evaluate=False) if isinstance(y, exp) else other), j

    def named(self, y: Expr) -> Expr:
        """The weight as an element of an array, with a name of its own where it has none."""
        k = self.place(y)
        if self._element(y) is not None or not isinstance(k, Index):
            return y
        indices = tuple(dict.fromkeys(free_indices(y)))
        places = {i: Index(f"~~{n}", i.size) for n, i in enumerate(indices)}
        key = canonical(renamed(y, places))
        if key not in self._named:
            array = Array(next(self._names), tuple(i.size for i in indices))
            self._weights[array] = indices.index(k)
            self._named[key] = array
        return self._named[key][indices]

    def others(self, y: Expr) -> Expr:
        """Σ_j [y_j <= 1/2] y_j over the index for which the weights sum to 1."""
        each, j = self.at(y)
        return IndexSum(Where(is_top(each), S.Zero, each), j)

    def _element(self, y: Expr) -> tuple[Element, int] | None:
        """The element in a weight y_k or exp(log y_k), and the axis on which weights sum to 1."""
        inner, axes = (y.args[0], self._logarithms) if isinstance(y, exp) else (y, self._weights)
        if not isinstance(inner, Element) or inner.array not in axes:
            return None
        return (inner, axis) if alone_at(inner, axis := axes[inner.array]) else None

    def _logarithm(self, expr: Expr) -> tuple[Expr, Expr] | None:
        """(exp(u), g) of u - log(g), also where log(g) is in a quantity that is taken away."""
        parts: list[Expr] = []
        for term in terms(expr):
            negative, inner = negated(term)
            meant = terms(self.opened(inner)) if negative else ()
            parts += [times(S.NegativeOne, t) for t in meant] or [term]
        for term in parts:
            negative, inner = negated(term)
            if negative and isinstance(inner, log):
                return exp(plus(*without(parts, term)), evaluate=False), inner.args[0]
        return None


def alone_at(element: Element, axis: int) -> bool:
    """Whether an index on an axis is on no other one: Σ_j p_jj is no sum over a row."""
    at = element.indices[axis]
    others = (i for n, i in enumerate(element.indices) if n != axis)
    return not isinstance(at, Index) or not any(at in free_indices(i) for i in others)


def is_top(y: Expr) -> Boolean:
    """Whether the weight is more than all others together."""
    return StrictGreaterThan(y, S.Half, evaluate=False)


def summed_axis(indices: Sequence[Index], expr: Expr) -> int | None:
    """The axis over which an expression with these indices is a weight; None for what is none."""
    parts = quotient(expr)
    return None if parts is None else _summed_axis(indices, *parts)


def quotient(expr: Expr) -> tuple[Expr, Expr] | None:
    """(f, g) of f/g, where both are products."""
    factors = flat((expr,))
    for divisor in factors:
        if isinstance(divisor, Pow) and divisor.args[1] == -1:
            return times(*without(factors, divisor)), divisor.args[0]
    return None


def _summed_axis(indices: Sequence[Index], f: Expr, total: Expr) -> int | None:
    """The axis on which f/g sums to 1: there is one with g = Σ_j f_j, and f > 0."""
    own = [n for n, i in enumerate(indices) if i not in free_indices(total)]
    if len(own) != 1 or not positive(f, {}):
        return None
    return own[0] if equal(IndexSum(f, indices[own[0]]), total) else None
