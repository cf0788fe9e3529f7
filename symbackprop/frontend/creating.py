"""Arrays made from sizes and numbers alone."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, Le, S

from symbackprop.algebra.nodes import Iverson
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import canonical
from symbackprop.errors import InputError, NotYet
from symbackprop.frontend import written
from symbackprop.frontend.contractions import eye
from symbackprop.frontend.requirements import require
from symbackprop.frontend.sizes import as_size, divided_up
from symbackprop.frontend.value import Indices, Shape, Value, aligned, numeric, shown, value_of


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
        require(size, S.One, f"{shown(found)} is a shape without elements")
    return found


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, **other: Any
) -> Value:
    """The integers from start (0) to stop, without stop."""
    first, last = (start, stop) if stop is not None else (0, start)
    low, high, by = as_size(first), as_size(last), as_size(1 if step is None else step)
    if low is None or high is None or by is None or not by.is_Integer or by == 0:
        raise NotYet(
            "of anything but integers and sizes, with a step that is an integer; "
            "write start + step * np.arange(n)"
        )
    way = canonical(high - low if by > 0 else low - high)
    count = divided_up(way, abs(int(by)))
    require(count, S.One, f"there is no integer from {size_text(low)} to {size_text(high)}")
    distance, origin = by, low
    return Value(
        (count,), (),
        lambda indices: canonical(origin + distance * ((indices[0] or S.One) - 1)),
    )


def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None, axis: Any = 0
) -> Value:
    """Evenly spaced numbers from start to stop."""
    ends = numeric(start), numeric(stop)
    if endpoint is not True or any(e.rank for e in ends):
        raise NotYet("between arrays, or without its end; use start + step * np.arange(n)")
    places = arange(num)
    count = places.shape[0]
    require(count, Integer(2), "fewer than two numbers; use the number itself")
    step = written.reciprocal(written.sub(count, S.One))

    def rule(indices: Indices) -> Any:
        first, last = (e.at(()) for e in ends)
        share = written.mul(written.sub(last, first), places.at(indices), step)
        return written.add(first, share)

    return Value((count,), ends, rule)


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
