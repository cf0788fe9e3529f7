"""Sums, means, maxima over axes, and products of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr, Integer, S

from symbackprop.algebra.nodes import Index, IndexMax, IndexSum, fresh_index
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.elementwise import binary, unary
from symbackprop.frontend.value import (
    Indices,
    Shape,
    Value,
    aligned,
    axis_numbers,
    broadcast,
    elementwise,
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


def matmul(x: Any, y: Any) -> Value:
    """x @ y: Σ_k x[…, i, k] y[…, k, j], with vectors as NumPy has them."""
    u, v = numeric(x), numeric(y)
    if not (u.rank and v.rank):
        raise InputError(f"shapes {shown(u.shape)} and {shown(v.shape)}: use * with a scalar")
    inner, other = u.shape[-1], v.shape[-2 if v.rank > 1 else 0]
    if inner != other:
        fits = u.rank == v.rank == 2 and (inner == v.shape[1] or u.shape[0] == other)
        hint = "; transpose one of them with .T?" if fits else ""
        both = f"{shown(u.shape)} and {shown(v.shape)}"
        raise ShapeError(f"shapes {both} do not fit together: {inner} against {other}{hint}")
    rows, columns = u.shape[-2:-1], v.shape[-1:] if v.rank > 1 else ()
    stack = broadcast(u.shape[:-2], v.shape[:-2])

    def rule(indices: Indices) -> Expr:
        k = None if inner == 1 else fresh_index(inner)
        lead, rest = indices[: len(stack)], indices[len(stack) :]
        row, column = rest[: len(rows)], rest[len(rows) :]
        left = aligned(u, (*lead[len(stack) - len(u.shape[:-2]) :], *row, k))
        right = aligned(v, (*lead[len(stack) - len(v.shape[:-2]) :], k, *column))
        return IndexSum(written.mul(left, right), *(() if k is None else (k,)))

    return Value((*stack, *rows, *columns), (u, v), rule)


def dot(x: Any, y: Any) -> Value:
    """np.dot: a product with a scalar, else x @ y of vectors and matrices."""
    u, v = numeric(x), numeric(y)
    if not (u.rank and v.rank):
        return elementwise(written.mul, u, v)
    if max(u.rank, v.rank) > 2:
        raise NotYet(f"of rank {max(u.rank, v.rank)}; use @ for a stack of matrices")
    return matmul(u, v)


def outer(x: Any, y: Any) -> Value:
    """x[:, None] * y[None, :] of two vectors."""
    u, v = numeric(x), numeric(y)
    if (u.rank, v.rank) != (1, 1):
        raise NotYet(f"of shapes {shown(u.shape)} and {shown(v.shape)}: two vectors only")
    rule = lambda ix: written.mul(aligned(u, ix[:1]), aligned(v, ix[1:]))  # noqa: E731
    return Value((*u.shape, *v.shape), (u, v), rule)
