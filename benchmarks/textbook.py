"""Layers as a textbook writes them: whole arrays, a temporary for each operation.

Each is a function of the layer's inputs, and of the upstream gradient where the output is an array;
it returns the value and the gradients in the order in which the derived module returns them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = Any


def softmax_ce(a: Floats, t: Floats) -> tuple[Floats, tuple[Floats, ...]]:
    """With the 1e-7 inside the logarithm that keeps the book's log(0) away; it changes the loss."""
    e = np.exp(a - np.max(a, axis=1, keepdims=True))
    y = e / np.sum(e, axis=1, keepdims=True)
    return -np.sum(t * np.log(y + 1e-7)) / len(a), ((y - t) / len(a),)


def sigmoid(x: Floats, dy: Floats) -> tuple[Floats, tuple[Floats, ...]]:
    y = 1 / (1 + np.exp(-x))
    return y, (dy * y * (1 - y),)


def layer_norm(
    x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats
) -> tuple[Floats, tuple[Floats, ...]]:
    mu = np.mean(x, axis=1, keepdims=True)
    s = 1 / np.sqrt(np.mean((x - mu) ** 2, axis=1, keepdims=True) + eps)
    xhat = (x - mu) * s
    y = gamma * xhat + beta
    g = gamma * dy
    dx = s * (g - np.mean(g, axis=1, keepdims=True)
              - xhat * np.mean(g * xhat, axis=1, keepdims=True))  # fmt: skip
    return y, (dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0))


def batch_norm(
    x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats
) -> tuple[Floats, tuple[Floats, ...]]:
    mu = np.mean(x, axis=0)
    s = 1 / np.sqrt(np.mean((x - mu) ** 2, axis=0) + eps)
    xhat = (x - mu) * s
    y = gamma * xhat + beta
    dgamma, dbeta = np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)
    dx = gamma * s * (dy - dbeta / len(x) - xhat * dgamma / len(x))
    return y, (dx, dgamma, dbeta)


def affine(x: Floats, W: Floats, b: Floats, dz: Floats) -> tuple[Floats, tuple[Floats, ...]]:
    return x @ W + b, (dz @ W.T, x.T @ dz, np.sum(dz, axis=0))


def attention(q: Floats, k: Floats, v: Floats, do: Floats) -> tuple[Floats, tuple[Floats, ...]]:
    scale = 1 / np.sqrt(q.shape[1])
    s = q @ k.T * scale
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    dp = do @ v.T
    ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True)) * scale
    return p @ v, (ds @ k, ds.T @ q, p.T @ do)


def two_layer(
    x: Floats, W1: Floats, b1: Floats, W2: Floats, b2: Floats, t: Floats
) -> tuple[Floats, tuple[Floats, ...]]:
    """As the book's network: the gradient in x is not needed."""
    a1 = x @ W1 + b1
    h = np.maximum(a1, 0)
    value, (da2,) = softmax_ce(h @ W2 + b2, t)
    da1 = (da2 @ W2.T) * (a1 > 0)
    return value, (x.T @ da1, np.sum(da1, axis=0), h.T @ da2, np.sum(da2, axis=0))
