"""Arrays made from sizes and numbers alone."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, Le, S

from symbackprop.algebra.nodes import Iverson
from symbackprop.algebra.subscripts import canonical
from symbackprop.errors import InputError, NotYet
from symbackprop.frontend.contractions import eye
from symbackprop.frontend.indexing import as_size, divided_up
from symbackprop.frontend.requirements import require
from symbackprop.frontend.value import Indices, Shape, Value, aligned, numeric, value_of


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", **other: Any) -> Value:
    """An array of one shape that holds one number."""
    filler = numeric(fill_value)
    return Value(as_shape(shape), (filler,), lambda indices: aligned(filler, indices))


def zeros(shape: Any, dtype: Any = None, order: Any = "C", **other: Any) -> Value:
    """An array of zeros."""
    return full(shape, 0)


def ones(shape: Any, dtype: Any = None, order: Any = "C", **other: Any) -> Value:
    """An array of ones."""
    return full(shape, 1)


def full_like(a: Any, fill_value: Any, dtype: Any = None, **other: Any) -> Value:
    """The same of the shape of another array."""
    return full(list(map(_sized, value_of(a).shape)), fill_value)


def as_shape(shape: Any) -> Shape:
    """A size or a tuple of sizes, as NumPy takes them.

    Raises:
        InputError: something else.
    """
    items = list(shape) if isinstance(shape, list | tuple) else [shape]
    sizes = tuple(as_size(item) for item in items)
    found = tuple(canonical(s) for s in sizes if s is not None)
    if len(found) < len(sizes):
        raise InputError(f"{shape!r} is not a shape; write (x.shape[0], 3), say")
    for size in found:
        require(size, S.One)
    return found


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, **other: Any
) -> Value:
    """The integers from start (0) to stop, without stop."""
    first, last = (start, stop) if stop is not None else (0, start)
    low, high, by = as_size(first), as_size(last), as_size(1 if step is None else step)
    if low is None or high is None or by is None or not by.is_Integer or by <= 0:
        raise NotYet("of anything but integers and sizes, with a step that is a positive integer")
    count = divided_up(canonical(high - low), int(by))
    require(count, S.One)
    distance, origin = by, low
    return Value(
        (count,), (),
        lambda indices: canonical(origin + distance * ((indices[0] or S.One) - 1)),
    )


def identity(n: Any, dtype: Any = None, **other: Any) -> Value:
    """The identity matrix."""
    return eye(n)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None, **other: Any) -> Value:
    """Ones on and below a diagonal, zeros above it."""
    offset = as_size(k)
    if offset is None:
        raise NotYet("a diagonal that is not an integer")
    shift: Expr = offset

    def rule(indices: Indices) -> Any:
        i, j = (S.One if x is None else x for x in indices)
        return Iverson(Le(j, canonical(i + shift)))

    return Value(as_shape((N, N if M is None else M)), (), rule)


def _sized(size: Expr) -> Any:
    return int(size) if isinstance(size, Integer) else Value((), (), lambda indices: size)
