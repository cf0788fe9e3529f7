"""Functions of `scipy.special` that are plain Python, on traced arrays, with SciPy's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbackprop.errors import NotYet
from symbackprop.frontend import prelude
from symbackprop.frontend.tracer import traced_call
from symbackprop.frontend.where import where


def softmax(x: Any, axis: Any = None) -> Any:
    """e^x / Σ e^x over the axes, all of them for None."""
    return prelude.softmax(x, axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """x - log Σ e^x over the axes, all of them for None."""
    return prelude.log_softmax(x, axis)


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False
) -> Any:
    """log Σ b e^a over the axes."""
    if return_sign:
        raise NotYet(f"scipy.special.logsumexp: return_sign is refused{where()}; leave it out")
    if b is None:
        return prelude.logsumexp(a, axis, keepdims)
    terms = traced_call("multiply", (b, traced_call("exp", (a,), {})), {})
    return traced_call("log", (terms.sum(axis=axis, keepdims=keepdims),), {})


def polygamma(n: Any, x: Any) -> Any:
    """The digamma function (n = 0) and its derivative (n = 1)."""
    return traced_call("polygamma", (n, x), {})


TRACED: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (softmax, log_softmax, logsumexp, polygamma)
}
