"""Layers as a textbook, scipy.special and torch compute them, for the table of accuracy.

Each takes the layer's inputs, and behind them the upstream gradient where the output is an array,
and returns the value and the gradients in the order of the derived module.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks import textbook

Run = Callable[..., tuple[Any, tuple[Any, ...]]]
LAYERS = ("sigmoid", "log-sigmoid", "softplus", "tanh", "silu", "gelu", "softmax", "log-softmax",
          "softmax-ce", "bce-with-logits", "layer-norm")  # fmt: skip


def _log_sigmoid(x: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
    y = 1 / (1 + np.exp(-x))
    return np.log(y), (dy * (1 - y),)


def _silu(x: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
    s = 1 / (1 + np.exp(-x))
    return x * s, (dy * (s + x * s * (1 - s)),)


def _tanh(x: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
    y = np.tanh(x)
    return y, (dy * (1 - y**2),)


def _softmax(a: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
    e = np.exp(a - np.max(a))
    y = e / np.sum(e)
    return y, (y * (dy - np.sum(dy * y)),)


def _log_softmax(a: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
    y, _ = _softmax(a, dy)
    return np.log(y), (dy - y * np.sum(dy),)


def _softmax_ce(a: Any, t: Any) -> tuple[Any, tuple[Any, ...]]:
    value, (grad,) = textbook.softmax_ce(a[None], t[None])
    return value, (grad[0],)


def _bce(x: Any, t: Any) -> tuple[Any, tuple[Any, ...]]:
    y = 1 / (1 + np.exp(-x))
    return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y)), ((y - t) / len(x),)


_TEXTBOOK: dict[str, Run] = {
    "sigmoid": textbook.sigmoid, "log-sigmoid": _log_sigmoid, "tanh": _tanh, "silu": _silu,
    "softplus": lambda x, dy: (np.log(1 + np.exp(x)), (dy / (1 + np.exp(-x)),)),
    "softmax": _softmax, "log-softmax": _log_softmax, "softmax-ce": _softmax_ce,
    "bce-with-logits": _bce, "layer-norm": textbook.layer_norm,
}  # fmt: skip


def _scipy(special: Any) -> dict[str, Run]:
    """What scipy.special has functions for; the gradients with these functions."""
    expit, log_expit = special.expit, special.log_expit
    softmax, log_softmax = special.softmax, special.log_softmax

    def gelu(x: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
        phi = np.exp(-x * x / 2) / np.sqrt(2 * np.pi).astype(x.dtype)
        return x * special.ndtr(x), (dy * (special.ndtr(x) + x * phi),)

    def silu(x: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
        return x * expit(x), (dy * (expit(x) + x * expit(x) * expit(-x)),)

    def softmax_(a: Any, dy: Any) -> tuple[Any, tuple[Any, ...]]:
        y = softmax(a)
        return y, (y * (dy - np.sum(dy * y)),)

    def bce(x: Any, t: Any) -> tuple[Any, tuple[Any, ...]]:
        value = -np.mean(t * log_expit(x) + (1 - t) * log_expit(-x))
        return value, ((expit(x) - t) / len(x),)

    return {
        "sigmoid": lambda x, dy: (expit(x), (dy * expit(x) * expit(-x),)),
        "log-sigmoid": lambda x, dy: (log_expit(x), (dy * expit(-x),)),
        "softplus": lambda x, dy: (-log_expit(-x), (dy * expit(x),)),
        "silu": silu, "gelu": gelu, "softmax": softmax_,
        "log-softmax": lambda a, dy: (log_softmax(a), (dy - softmax(a) * np.sum(dy),)),
        "softmax-ce": lambda a, t: (-np.sum(t * log_softmax(a)), (softmax(a) - t,)),
        "bce-with-logits": bce,
    }  # fmt: skip


def _torch(torch: Any) -> dict[str, Run]:
    """The forward pass by its functions, the gradients by its autodiff."""
    f = torch.nn.functional
    losses = {
        "softmax-ce": lambda a, t: f.cross_entropy(a[None], t[None]),
        "bce-with-logits": f.binary_cross_entropy_with_logits,
    }
    maps = {
        "sigmoid": torch.sigmoid, "log-sigmoid": f.logsigmoid, "softplus": f.softplus,
        "tanh": torch.tanh, "silu": f.silu, "gelu": f.gelu,
        "softmax": lambda a: f.softmax(a, 0), "log-softmax": lambda a: f.log_softmax(a, 0),
    }  # fmt: skip

    def layer_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
        return f.layer_norm(x, x.shape[1:], gamma, beta, float(eps))

    def by_autodiff(forward: Callable[..., Any], wrt: int, upstream: bool) -> Run:
        """wrt: of how many inputs, the first ones, the gradients are."""

        def run(*inputs: Any) -> tuple[Any, tuple[Any, ...]]:
            given = [torch.tensor(x) for x in inputs]
            for x in given[:wrt]:
                x.requires_grad_()
            value = forward(*given[:-1] if upstream else given)
            grads = torch.autograd.grad(value, given[:wrt], given[-1] if upstream else None)
            return value.detach().numpy(), tuple(g.numpy() for g in grads)

        return run

    return {
        **{name: by_autodiff(forward, 1, True) for name, forward in maps.items()},
        **{name: by_autodiff(forward, 1, False) for name, forward in losses.items()},
        "layer-norm": by_autodiff(layer_norm, 3, True),
    }


def others() -> dict[str, dict[str, Run]]:
    """What is installed: for each, the layers that it has; they compute without a warning."""
    found = {"textbook": _TEXTBOOK}
    if find_spec("scipy"):
        found["scipy"] = _scipy(import_module("scipy.special"))
    if find_spec("torch"):
        found["torch"] = _torch(import_module("torch"))
    return {name: {layer: _quietly(run) for layer, run in runs.items()}
            for name, runs in found.items()}  # fmt: skip


def _quietly(run: Run) -> Run:
    def both(*inputs: Any) -> tuple[Any, tuple[Any, ...]]:
        with np.errstate(all="ignore"):
            return run(*inputs)

    return both
