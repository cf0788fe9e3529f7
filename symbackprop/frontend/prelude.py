"""Composite functions that an expression text may use, as plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def softmax(x: Any, axis: Any = -1) -> Any:
    """e^x / Σ e^x."""
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def logsumexp(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """log Σ e^x."""
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """x - log Σ e^x."""
    return x - logsumexp(x, axis=axis, keepdims=True)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def relu(x: Any) -> Any:
    """max(x, 0)."""
    return np.maximum(x, 0)


def softplus(x: Any) -> Any:
    """log(1 + e^x)."""
    return np.log(1 + np.exp(x))


def silu(x: Any) -> Any:
    """x / (1 + e^-x)."""
    return x / (1 + np.exp(-x))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """The 2-norm over an axis, or that of all elements."""
    return np.linalg.norm(x, ord, axis, keepdims)


PRELUDE: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (softmax, log_softmax, logsumexp, sigmoid, relu, softplus, silu, norm)
}
