"""Arrays of numbers that a rule tells: np.arange(4), np.ones((2, 3)), np.eye(3), np.tri(3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbackprop.frontend.contractions import eye
from symbackprop.frontend.creating import arange, full, tri
from symbackprop.frontend.elementwise import condition
from symbackprop.frontend.value import Value


def recognised(thing: Any) -> Any:
    """A value for an array of numbers that follows a rule; anything else as it is.

    Lists and tuples are looked through.
    """
    if isinstance(thing, list | tuple) and type(thing) in (list, tuple):
        return type(thing)(recognised(t) for t in thing)
    if not isinstance(thing, np.ndarray) or not thing.ndim or not thing.size:
        return thing
    if thing.dtype.kind not in "biuf":
        return thing
    found = _by_rule(thing)
    return thing if found is None else found


def _by_rule(x: NDArray[Any]) -> Value | None:
    first = x.flat[0]
    if np.all(x == first):
        filled = full(x.shape, float(first) if x.dtype.kind == "f" else int(first))
        return filled if x.dtype.kind != "b" else _condition(filled)
    if x.ndim == 1 and x.dtype.kind in "iu":
        start, step = int(x[0]), int(x[1]) - int(x[0])
        if step and np.array_equal(x, np.arange(start, start + step * len(x), step)):
            return arange(start, start + step * len(x), step)
    if x.ndim == 2:
        rows, columns = x.shape
        for k in range(1 - rows, columns):
            if np.array_equal(x, np.eye(rows, columns, k)):
                return _typed(eye(rows, columns, k), x)
            if np.array_equal(x, np.tri(rows, columns, k)):
                return _typed(tri(rows, columns, k), x)
    return None


def _typed(value: Value, x: NDArray[Any]) -> Value:
    return _condition(value) if x.dtype.kind == "b" else value


def _condition(value: Value) -> Value:
    return condition(value)
