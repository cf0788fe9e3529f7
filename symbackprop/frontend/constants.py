"""Arrays of numbers that a rule tells: np.arange(4), np.ones((2, 3)), np.eye(3), np.tri(3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import And, Ge, Integer, Le

from symbackprop.algebra.subscripts import canonical
from symbackprop.frontend.contractions import eye
from symbackprop.frontend.creating import full, linspace, tri
from symbackprop.frontend.elementwise import condition
from symbackprop.frontend.joining import triu
from symbackprop.frontend.value import Indices, Value


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
    if x.dtype.kind in "iu" and (steps := _steps(x)) is not None:
        return _stepped(x.shape, int(first), steps)
    if x.ndim == 1 and x.dtype.kind == "b":
        return _from_to(x)
    if x.ndim == 1 and len(x) > 2 and np.all(np.isfinite(x)) and (
        np.array_equal(x, np.linspace(x[0], x[-1], len(x)))
    ):
        return linspace(float(x[0]), float(x[-1]), len(x))
    if x.ndim == 2:
        rows, columns = x.shape
        for k in range(1 - rows, columns):
            if np.array_equal(x, np.eye(rows, columns, k)):
                return _typed(eye(rows, columns, k), x)
            if np.array_equal(x, np.tri(rows, columns, k)):
                return _typed(tri(rows, columns, k), x)
            if np.array_equal(x, np.triu(np.ones_like(x), k)):
                return _typed(triu(full(x.shape, 1), k), x)
    return None


def _from_to(x: NDArray[Any]) -> Value | None:
    """np.arange(n) < k and the like: true in one piece."""
    places = np.flatnonzero(x)
    low, high = int(places[0]), int(places[-1])
    if len(places) != high - low + 1:
        return None

    def rule(indices: Indices) -> Any:
        i = indices[0]
        return And(*([Ge(i, low + 1)] if low else []), *([Le(i, high + 1)] if high + 1 < len(x)
                                                       else []))  # fmt: skip

    return Value((Integer(len(x)),), (), rule, True)


def _steps(x: NDArray[Any]) -> list[int] | None:
    """The difference between neighbours along each axis, where it is the same everywhere."""
    steps = []
    for axis, size in enumerate(x.shape):
        gaps = np.diff(x.astype(np.int64), axis=axis)
        if size > 1 and np.any(gaps != gaps.flat[0]):
            return None
        steps.append(int(gaps.flat[0]) if size > 1 else 0)
    return steps


def _stepped(shape: tuple[int, ...], first: int, steps: list[int]) -> Value:
    """first + Σ step (i - 1): np.arange(4), np.arange(3)[:, None] - np.arange(4)."""

    def rule(indices: Indices) -> Any:
        moved = (s * (i - 1) for s, i in zip(steps, indices, strict=True) if i is not None)
        return canonical(sum(moved, Integer(first)))

    return Value(tuple(map(Integer, shape)), (), rule)


def _typed(value: Value, x: NDArray[Any]) -> Value:
    return _condition(value) if x.dtype.kind == "b" else value


def _condition(value: Value) -> Value:
    return condition(value)
