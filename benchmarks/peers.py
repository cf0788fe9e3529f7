"""The same layers in other libraries: the forward pass as one writes it, the rest by autodiff.

The forward passes are written once, in the part of NumPy's names that the libraries share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

Run = Callable[[], object]


def _rows(np: Any, a: Any) -> tuple[Any, Any]:
    """Shifted logits, and the logarithm of their normaliser."""
    z = a - np.max(a, axis=1, keepdims=True)
    return z, np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def _softmax_ce(np: Any, a: Any, t: Any) -> Any:
    z, log = _rows(np, a)
    return -np.sum(t * (z - log)) / a.shape[0]


def _sigmoid(np: Any, x: Any, dy: Any) -> Any:
    return np.sum(dy / (1 + np.exp(-x)))


def _layer_norm(np: Any, x: Any, gamma: Any, beta: Any, eps: float, dy: Any) -> Any:
    u = x - np.mean(x, axis=1, keepdims=True)
    y = gamma * u / np.sqrt(np.mean(u * u, axis=1, keepdims=True) + eps) + beta
    return np.sum(dy * y)


def _batch_norm(np: Any, x: Any, gamma: Any, beta: Any, eps: float, dy: Any) -> Any:
    u = x - np.mean(x, axis=0)
    return np.sum(dy * (gamma * u / np.sqrt(np.mean(u * u, axis=0) + eps) + beta))


def _affine(np: Any, x: Any, W: Any, b: Any, dz: Any) -> Any:
    return np.sum(dz * (x @ W + b))


def _attention(np: Any, q: Any, k: Any, v: Any, do: Any) -> Any:
    z, log = _rows(np, q @ k.T / q.shape[1] ** 0.5)
    return np.sum(do * (np.exp(z - log) @ v))


def _two_layer(np: Any, x: Any, W1: Any, b1: Any, W2: Any, b2: Any, t: Any) -> Any:
    h = np.maximum(x @ W1 + b1, 0 * b1)
    return _softmax_ce(np, h @ W2 + b2, t)


FORWARDS: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "softmax-ce": (_softmax_ce, (0,)),
    "sigmoid": (_sigmoid, (0,)),
    "layer-norm": (_layer_norm, (0, 1, 2)),
    "batch-norm": (_batch_norm, (0, 1, 2)),
    "affine": (_affine, (0, 1, 2)),
    "attention": (_attention, (0, 1, 2)),
    "two-layer": (_two_layer, (1, 2, 3, 4)),
}
"""The forward pass, and the places of the inputs that gradients are taken in."""


def _autograd(forward: Callable[..., Any], wrt: tuple[int, ...], inputs: Sequence[Any]) -> Run:
    np, value_and_grad = import_module("autograd.numpy"), import_module("autograd").value_and_grad
    both = value_and_grad(lambda *xs: forward(np, *xs), wrt)
    return lambda: both(*inputs)


def _jax(forward: Callable[..., Any], wrt: tuple[int, ...], inputs: Sequence[Any]) -> Run:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(lambda *xs: forward(jax.numpy, *xs), wrt))
    arrays = [jax.numpy.asarray(x) for x in inputs]
    return lambda: jax.block_until_ready(both(*arrays))


def _torch_names() -> SimpleNamespace:
    torch = import_module("torch")
    return SimpleNamespace(
        exp=torch.exp, log=torch.log, sqrt=torch.sqrt, maximum=torch.maximum,
        max=lambda x, axis, keepdims: torch.amax(x, dim=axis, keepdim=keepdims),
        mean=lambda x, axis, keepdims=False: torch.mean(x, dim=axis, keepdim=keepdims),
        sum=lambda x, axis=None, keepdims=False: (
            torch.sum(x) if axis is None else torch.sum(x, dim=axis, keepdim=keepdims)),
    )  # fmt: skip


def _torch(
    forward: Callable[..., Any], wrt: tuple[int, ...], inputs: Sequence[Any], compiled: bool = False
) -> Run:
    torch, names = import_module("torch"), _torch_names()
    arrays = [torch.tensor(x) if hasattr(x, "dtype") else x for x in inputs]
    leaves = [arrays[n].requires_grad_() for n in wrt]
    loss = torch.compile(forward) if compiled else forward

    def run() -> object:
        value = loss(names, *arrays)
        return value, torch.autograd.grad(value, leaves)

    return run


def _torch_compile(
    forward: Callable[..., Any], wrt: tuple[int, ...], inputs: Sequence[Any]
) -> Run:
    return _torch(forward, wrt, inputs, compiled=True)


_PEERS: dict[str, tuple[str, Callable[..., Run]]] = {
    "autograd": ("autograd", _autograd),
    "jax.jit": ("jax", _jax),
    "torch": ("torch", _torch),
    "torch.compile": ("torch", _torch_compile),
}


def names() -> list[str]:
    """All peers that there are adapters for."""
    return list(_PEERS)


def missing() -> list[str]:
    """The peers that are not installed."""
    return [name for name, (module, _) in _PEERS.items() if find_spec(module) is None]


def peers(layer: str, inputs: Sequence[Any], without: Sequence[str] = ()) -> dict[str, Run]:
    """Value and gradients of a layer by each peer that is installed and not left out."""
    forward, wrt = FORWARDS[layer]
    return {
        name: make(forward, wrt, inputs)
        for name, (_, make) in _PEERS.items() if name not in missing() and name not in without
    }  # fmt: skip
