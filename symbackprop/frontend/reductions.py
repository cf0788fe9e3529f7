"""Sums, means, norms and maxima over axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from sympy import Expr, Integer, S

from symbackprop.algebra.nodes import Index, IndexMax, IndexProduct, IndexSum, fresh_index
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.elementwise import binary, unary
from symbackprop.frontend.value import (
    Indices,
    Shape,
    Subscript,
    Value,
    axis_numbers,
    numeric,
    shown,
)

Binder = Callable[..., Expr]


def reduced(bind: Binder, x: Any, axis: Any, keepdims: Any) -> Value:
    """`bind(element, *bound indices)` over the given axes."""
    value = numeric(x)
    axes = axis_numbers(axis, value.rank)
    if not axes:
        return value
    kept = [k for k in range(value.rank) if k not in axes]
    if keepdims:
        shape: Shape = tuple(s if k in kept else S.One for k, s in enumerate(value.shape))
    else:
        shape = tuple(value.shape[k] for k in kept)

    def rule(indices: Indices) -> Expr:
        given = iter(indices)
        full: list[Index | None] = []
        bound: list[Index] = []
        for k, size in enumerate(value.shape):
            if k in kept:
                full.append(next(given))
                continue
            if keepdims:
                next(given)
            full.append(None if size == 1 else fresh_index(size))
            bound += [i for i in full[-1:] if i is not None]
        return bind(value.at(tuple(full)), *bound)

    return Value(shape, (value,), rule)


def sum_(x: Any, axis: Any = None, keepdims: Any = False) -> Value:
    """Σ over the axes."""
    return reduced(IndexSum, x, axis, keepdims)


def max_(x: Any, axis: Any = None, keepdims: Any = False) -> Value:
    """The largest element along the axes."""
    return reduced(IndexMax, x, axis, keepdims)


def min_(x: Any, axis: Any = None, keepdims: Any = False) -> Value:
    """The smallest: -max(-x)."""
    return unary(written.neg)(max_(unary(written.neg)(x), axis, keepdims))


_WRITTEN_OUT = 8
"""How many factors a product is written out for."""


def prod(x: Any, axis: Any = None, keepdims: Any = False) -> Value:
    """The product over the axes: written out for a few elements, exp(Σ log x) for positive ones."""
    value = numeric(x)
    axes = axis_numbers(axis, value.rank)
    sizes = [value.shape[k] for k in axes]
    total = math.prod(int(s) if s.is_Integer else _WRITTEN_OUT + 1 for s in sizes)
    if total <= _WRITTEN_OUT:
        return _written_out(value, axes, keepdims)
    return reduced(_product_of, value, axis, keepdims)


def _product_of(u: Expr, *bound: Index) -> Expr:
    if u.is_positive:
        return written.exponential(IndexSum(written.logarithm(u), *bound))
    return IndexProduct(u, *bound)


def _written_out(value: Value, axes: Sequence[int], keepdims: Any) -> Value:
    kept = [k for k in range(value.rank) if keepdims or k not in axes]
    places = list(product(*(range(int(value.shape[k])) for k in axes)))

    def rule(indices: Indices) -> Expr:
        factors = []
        for place in places:
            full: list[Subscript | None] = [None] * value.rank
            for k, i in zip(kept, indices, strict=True):
                full[k] = i
            for k, n in zip(axes, place, strict=True):
                full[k] = None if value.shape[k] == 1 else Integer(n + 1)
            factors.append(value.at(tuple(full)))
        return written.mul(S.One, *factors)

    shape = tuple(S.One if k in axes else value.shape[k] for k in kept)
    return Value(shape, (value,), rule)


def mean(x: Any, axis: Any = None, keepdims: Any = False, *, ddof: int = 0) -> Value:
    """(1/count) Σ over the axes; the count less `ddof`."""
    value = numeric(x)
    sizes = [value.shape[k] for k in axis_numbers(axis, value.rank)]
    if ddof:
        shares = [written.reciprocal(written.sub(written.mul(S.One, *sizes), Integer(ddof)))]
    else:
        shares = [written.reciprocal(size) for size in sizes]
    return reduced(lambda u, *b: written.mul(*shares, IndexSum(u, *b)), value, axis, keepdims)


def var(x: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Value:
    """mean((x - mean(x))**2)."""
    if isinstance(ddof, bool) or not isinstance(ddof, int):
        raise InputError(f"ddof={ddof!r} is not an integer")
    value = numeric(x)
    centred = binary(written.sub)(value, mean(value, axis, True))
    return mean(unary(written.square)(centred), axis, keepdims, ddof=ddof)


def std(x: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Value:
    """sqrt(var(x))."""
    return unary(written.root)(var(x, axis, ddof=ddof, keepdims=keepdims))


def average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: Any = False) -> Value:
    """Σ w x / Σ w over the axes; the mean without weights, which may be a vector for one axis."""
    value = numeric(a)
    if weights is None:
        return mean(value, axis, keepdims)
    given = numeric(weights)
    if given.shape != value.shape:
        axes = axis_numbers(axis, value.rank)
        if given.rank != 1 or axis is None or len(axes) != 1:
            raise ShapeError(
                f"weights of shape {shown(given.shape)} for {shown(value.shape)}: give the same "
                "shape, or a vector and its axis"
            )
        vector, place = given, axes[0]
        if vector.shape[0] != value.shape[place]:
            raise ShapeError(f"{vector.shape[0]} weights for an axis of {value.shape[place]}")
        shape = tuple(s if k == place else S.One for k, s in enumerate(value.shape))
        given = Value(shape, (vector,), lambda indices: vector.at((indices[place],)))
    total = sum_(binary(written.mul)(value, given), axis, keepdims)
    return binary(written.div)(total, sum_(given, axis, keepdims))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Value:
    """The 2-norm (ord=1, np.inf: those) over one axis; over all or two axes Frobenius' norm."""
    value = numeric(x)
    over = len(axis_numbers(axis, value.rank)) if axis is not None or ord is not None else 1
    if over > 2:
        raise InputError(f"a norm of {over} axes; give one axis, or two")
    if ord is None or (ord == 2 and over == 1) or (ord == "fro" and over == 2):
        return unary(written.root)(sum_(unary(written.square)(value), axis, keepdims))
    if over == 1 and ord in (1, math.inf):
        reduce = sum_ if ord == 1 else max_
        return reduce(unary(written.absolute)(value), axis, keepdims)
    raise NotYet(f"ord={ord!r} over {over} axes; use the 2-norm, ord=1 or ord=np.inf over one axis")
