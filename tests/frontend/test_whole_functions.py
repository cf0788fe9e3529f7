"""Broadcasting, Python's own constructs and whole functions, against NumPy itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from symbackprop.special import erf
from tests.frontend.agreement import agrees

BROADCASTING: dict[str, Callable[..., Any]] = {
    "softmax of SciPy": lambda x: special.softmax(x) + special.softmax(x, axis=1),
    "log_softmax of SciPy": lambda x: special.log_softmax(x) + special.log_softmax(x, axis=(0, 1)),
    "logsumexp of SciPy": lambda x: (
        special.logsumexp(x) + special.logsumexp(x, 1, b=2.0, keepdims=True)
        + special.logsumexp([1.0, 2.0])
    ),
    "scalar": lambda c, x: c * x + 1,
    "stack of a stack by a stack": lambda h, r: h @ r,
    "axes of rank 4": lambda h: h.mean(axis=(0, 2)) + h.var(axis=(0, 2)) - h.max(axis=(0, -2)),
    "einsum broadcasts an axis of size 1": lambda k, x: np.einsum("ij,ij->ij", k, x),
    "vector to rows": lambda a, x: x - a,
    "column": lambda x, k: x / k + k,
    "column from a sum": lambda x: x / x.sum(axis=1, keepdims=True),
    "two vectors": lambda a, d: a[:, None] * d[None, :],
    "new axis in front": lambda a, x: a[None] + x,
    "transpose of three axes": lambda s: np.transpose(s, (1, 2, 0)) * s.transpose(1, 2, 0),
    "rank 3": lambda s, x, a: s * x - a,
    "stack of matrices": lambda s, w: s @ w,
    "matrix by a stack": lambda x, s: x @ s.swapaxes(1, 2),
    "column from a matmul": lambda x, k: x.T @ k,
    "a size that is a number": lambda three: three / three.shape[0] * len(three),
    "double reduction": lambda s: np.sum(np.sum(s, axis=2), axis=0),
    "the same index twice": lambda x: (x @ x.T) @ (x @ x.T),
    "sum of a constant": lambda a: np.sum(np.ones_like(a)) * a,
    "sums under sums": lambda x: np.sum(x * np.sum(x * np.sum(x)), axis=1),
}


@pytest.mark.parametrize("name", BROADCASTING)
def test_broadcasting(name: str) -> None:
    agrees(BROADCASTING[name])


def warned(x: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return x / (1 + x**2)


PYTHON: dict[str, Callable[..., Any]] = {
    "shape": lambda x: x / x.shape[0] + x.shape[1] ** 2,
    "len": lambda x: len(x) * x / len(x.T),
    "size and ndim": lambda x: x * x.size * x.ndim,
    "np.shape, np.size, np.ndim": lambda x: x * np.shape(x)[1] * np.size(x) * np.ndim(x),
    "size of an axis": lambda x: x * np.size(x, 1),
    "root of a size": lambda x: x / np.sqrt(x.shape[1]),
    "NumPy scalars": lambda x: np.float64(2.5) * x + np.array(3) - np.int64(1),
    "sizes decide a branch": lambda x, s: x + s if s.shape[1:] == x.shape else s,
    "a size minus one": lambda x: x / (x.shape[0] - 1),
    "or of conditions by +": lambda x: ((x > -1) + (x > 0)) * x,
    "copy": lambda x: np.copy(x) + x.copy(),
    "pi and e": lambda x: x * np.pi + np.e * x + np.sqrt(2 / np.pi) * x,
    "tuple": lambda x, a: (x + a, a * 2),
    "errstate": lambda x: warned(x),
}


@pytest.mark.parametrize("name", PYTHON)
def test_python(name: str) -> None:
    agrees(PYTHON[name])


def helper(u: Any) -> Any:
    return u * len(u)


def static_loop(x: Any, w: Any) -> Any:
    total = 0
    for power in range(1, 4):
        total += x**power
    return helper(total @ w)


def in_place(x: Any, a: Any) -> Any:
    y = x + a
    z = y
    y -= y.max()
    y *= 2
    y /= 3
    return y * z


def rank_0_is_rebound(x: Any) -> Any:
    total = np.sum(x)
    before = total
    total += 1
    return before * total


def copied_first(x: Any) -> Any:
    y = x.copy()
    y += 1
    return x * y


@pytest.mark.parametrize("function", [static_loop, in_place, rank_0_is_rebound, copied_first])
def test_whole_functions(function: Callable[..., Any]) -> None:
    agrees(function)


def test_erf_without_scipy() -> None:
    x = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(erf(x), special.erf(x), rtol=1e-15)
    assert float(erf(0.5)) == float(erf(np.float64(0.5))) == special.erf(0.5)
    agrees(lambda x: erf(x) * x)
