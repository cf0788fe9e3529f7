"""The same elements in another shape: transposes, new axes of size 1, axes of size 1 dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import S

from symbackprop.errors import InputError, ShapeError
from symbackprop.frontend.value import (
    Indices,
    Value,
    axis_number,
    axis_numbers,
    shown,
    value_of,
)


def transpose(x: Any, axes: Any = None) -> Value:
    """The axes in another order; reversed without `axes`."""
    value = value_of(x)
    order = tuple(reversed(range(value.rank))) if axes is None else axis_numbers(axes, value.rank)
    if sorted(order) != list(range(value.rank)):
        raise InputError(f"axes={axes} is not an order of {value.rank} axes")

    def rule(indices: Indices) -> Any:
        return value.at(tuple(indices[order.index(k)] for k in range(value.rank)))

    found = Value(tuple(value.shape[k] for k in order), (value,), rule, value.boolean)
    last = value.rank - 2
    if tuple(order) == (*range(last), last + 1, last):
        found.transposed = value
    return found


def swapaxes(x: Any, axis1: Any, axis2: Any) -> Value:
    """Two axes change places."""
    rank = value_of(x).rank
    i, j = axis_number(axis1, rank), axis_number(axis2, rank)
    order = list(range(rank))
    order[i], order[j] = j, i
    return transpose(x, order)


def _pick(value: Value, kept: list[int | None]) -> Value:
    """A new axis of size 1 for each None, the old axes of size 1 that are not kept dropped."""

    def rule(indices: Indices) -> Any:
        old: list[Any] = [None] * value.rank
        for k, index in zip(kept, indices, strict=True):
            if k is not None:
                old[k] = index
        return value.at(tuple(old))

    shape = tuple(S.One if k is None else value.shape[k] for k in kept)
    return Value(shape, (value,), rule, value.boolean)


def expand_dims(a: Any, axis: Any) -> Value:
    """New axes of size 1 at the given places of the result."""
    value = value_of(a)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    places = axis_numbers(axis, value.rank + count)
    old = iter(range(value.rank))
    return _pick(value, [None if k in places else next(old) for k in range(value.rank + count)])


def at_least_axes(rank: int) -> Callable[[Any], Value]:
    """np.atleast_1d, np.atleast_2d of one array: new axes of size 1 before the others."""

    def rule(ary: Any) -> Value:
        value = value_of(ary)
        return _pick(value, [None] * (rank - value.rank) + list(range(value.rank)))

    return rule


def squeeze(x: Any, axis: Any = None) -> Value:
    """Axes of size 1 dropped: all of them, or those named."""
    value = value_of(x)
    if axis is None:
        dropped = tuple(k for k, s in enumerate(value.shape) if s == 1)
    else:
        dropped = axis_numbers(axis, value.rank)
    for k in dropped:
        if value.shape[k] != 1:
            raise ShapeError(f"axis {k} of shape {shown(value.shape)} is not of size 1")
    return _pick(value, [k for k in range(value.rank) if k not in dropped])
