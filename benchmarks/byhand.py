"""Layers tuned by hand in NumPy: in place, by blocks of rows that fit the cache, sums by BLAS.

Each takes a layer's inputs (the upstream gradient last, where the output is an array) and returns a
function that computes the value and the gradients in memory that is there. Forward and backward
pass of a layer with an upstream gradient stand apart, as a caller needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Floats = Any
Run = Callable[[], tuple[Floats, tuple[Floats, ...]]]
_BYTES = 512 * 1024


def _blocks(rows: int, width: int, itemsize: int) -> Iterator[slice]:
    step = max(1, _BYTES // (width * itemsize))
    return (slice(lo, lo + step) for lo in range(0, rows, step))


def softmax_ce(a: Floats, t: Floats) -> Run:
    """Rows of t are taken to sum to 1; rows of up to 16 classes are added by a matrix of ones."""
    rows, n = a.shape
    da, ones = np.empty_like(a), np.ones((n, n if n <= 16 else 1), a.dtype)
    one = a.dtype.type(1)
    buffer = 256 if 256 <= n <= 8192 else np.getbufsize()

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        total = 0.0
        before = np.setbufsize(buffer)
        for block in _blocks(rows, n, a.itemsize):
            x, y, d = a[block], t[block], da[block]
            if n <= 16 and x.max() - x.min() < 50:
                np.subtract(x, x.max(), out=d)
            else:
                np.subtract(x, np.max(x, axis=1, keepdims=True), out=d)
            total -= np.vdot(d, y)
            np.exp(d, out=d)
            s = d @ ones
            total += np.log(s[:, 0]).sum()
            np.divide(one, s, out=s)
            np.multiply(d, s, out=d)
            np.subtract(d, y, out=d)
            np.multiply(d, one / rows, out=d)
        np.setbufsize(before)
        return total / rows, (da,)

    return run


def sigmoid(x: Floats, dy: Floats) -> Run:
    y, dx = np.empty_like(x), np.empty_like(x)
    half = x.dtype.type(0.5)

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        for block in _blocks(len(x), 1, x.itemsize):
            out = y[block]
            np.multiply(x[block], half, out=out)
            np.tanh(out, out=out)
            np.multiply(out, half, out=out)
            np.add(out, half, out=out)
        for block in _blocks(len(x), 1, x.itemsize):
            out, d = y[block], dx[block]
            np.subtract(1, out, out=d)
            np.multiply(d, out, out=d)
            np.multiply(d, dy[block], out=d)
        return y, (dx,)

    return run


def layer_norm(x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats) -> Run:
    rows, n = x.shape
    y, dx, xhat, g = (np.empty_like(x) for _ in range(4))
    mean = np.full(n, 1 / n, x.dtype)
    s = np.empty((rows, 1), x.dtype)
    buffer = 256 if 256 <= n <= 8192 else np.getbufsize()

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        before = np.setbufsize(buffer)
        for block in _blocks(rows, n, x.itemsize):
            h, out = xhat[block], y[block]
            np.subtract(x[block], (x[block] @ mean)[:, None], out=h)
            s[block, 0] = np.einsum("ij,ij->i", h, h) / n + eps
            np.divide(1, np.sqrt(s[block]), out=s[block])
            np.multiply(h, s[block], out=h)
            np.multiply(h, gamma, out=out)
            np.add(out, beta, out=out)
        dgamma, dbeta = np.zeros(n, x.dtype), np.zeros(n, x.dtype)
        for block in _blocks(rows, n, x.itemsize):
            h, up, d, w = xhat[block], dy[block], dx[block], g[: len(dy[block])]
            dgamma += np.einsum("ij,ij->j", up, h)
            dbeta += np.ones(len(up), x.dtype) @ up
            np.multiply(up, gamma, out=d)
            np.multiply(h, (np.einsum("ij,ij->i", d, h) / n)[:, None], out=w)
            np.subtract(d, (d @ mean)[:, None], out=d)
            np.subtract(d, w, out=d)
            np.multiply(d, s[block], out=d)
        np.setbufsize(before)
        return y, (dx, dgamma, dbeta)

    return run


def batch_norm(x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats) -> Run:
    rows, n = x.shape
    y, dx, xhat = (np.empty_like(x) for _ in range(3))
    ones = np.ones(rows, x.dtype)
    blocks = list(_blocks(rows, n, x.itemsize))

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        mu = ones @ x / rows
        v = np.zeros(n, x.dtype)
        for block in blocks:
            h = xhat[block]
            np.subtract(x[block], mu, out=h)
            v += np.einsum("ij,ij->j", h, h)
        s = 1 / np.sqrt(v / rows + eps)
        for block in blocks:
            h, out = xhat[block], y[block]
            np.multiply(h, s, out=h)
            np.multiply(h, gamma, out=out)
            np.add(out, beta, out=out)
        dgamma, dbeta = np.zeros(n, x.dtype), ones @ dy
        for block in blocks:
            dgamma += np.einsum("ij,ij->j", dy[block], xhat[block])
        of_hat, of_all, scale = dgamma / rows, dbeta / rows, gamma * s
        for block in blocks:
            d = dx[block]
            np.multiply(xhat[block], of_hat, out=d)
            np.subtract(dy[block], d, out=d)
            np.subtract(d, of_all, out=d)
            np.multiply(d, scale, out=d)
        return y, (dx, dgamma, dbeta)

    return run


def attention(q: Floats, k: Floats, v: Floats, do: Floats) -> Run:
    rows, width = q.shape
    scale = q.dtype.type(1 / np.sqrt(width))
    p, ds = np.empty((rows, len(k)), q.dtype), np.empty((rows, len(k)), q.dtype)
    ones = np.ones(len(k), q.dtype)

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        np.matmul(q * scale, k.T, out=p)
        for block in _blocks(rows, len(k), q.itemsize):
            e = p[block]
            np.subtract(e, np.max(e, axis=1, keepdims=True), out=e)
            np.exp(e, out=e)
            np.multiply(e, 1 / (e @ ones)[:, None], out=e)
        out, dv = p @ v, p.T @ do
        np.matmul(do, v.T, out=ds)
        for block in _blocks(rows, len(k), q.itemsize):
            d, e = ds[block], p[block]
            np.subtract(d, np.einsum("ij,ij->i", d, e)[:, None], out=d)
            np.multiply(d, e, out=d)
        dq, dk = ds @ k, ds.T @ q
        dq *= scale
        dk *= scale
        return out, (dq, dk, dv)

    return run


def affine(x: Floats, W: Floats, b: Floats, dz: Floats) -> Run:
    z, dx, dW, db = np.empty_like(dz), np.empty_like(x), np.empty_like(W), np.empty_like(b)
    ones = np.ones(len(x), x.dtype)

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        np.matmul(x, W, out=z)
        np.add(z, b, out=z)
        np.matmul(dz, W.T, out=dx)
        np.matmul(x.T, dz, out=dW)
        np.matmul(ones, dz, out=db)
        return z, (dx, dW, db)

    return run


def two_layer(x: Floats, W1: Floats, b1: Floats, W2: Floats, b2: Floats, t: Floats) -> Run:
    """The loss by `softmax_ce`; no gradient in x."""
    h, a2 = np.empty((len(x), len(b1)), x.dtype), np.empty((len(x), len(b2)), x.dtype)
    da1, dW1, dW2 = np.empty_like(h), np.empty_like(W1), np.empty_like(W2)
    loss, ones = softmax_ce(a2, t), np.ones(len(x), x.dtype)

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        np.matmul(x, W1, out=h)
        np.add(h, b1, out=h)
        np.maximum(h, 0, out=h)
        np.matmul(h, W2, out=a2)
        np.add(a2, b2, out=a2)
        value, (da2,) = loss()
        np.matmul(da2, W2.T, out=da1)
        np.multiply(da1, h > 0, out=da1)
        np.matmul(x.T, da1, out=dW1)
        np.matmul(h.T, da2, out=dW2)
        return value, (dW1, ones @ da1, dW2, ones @ da2)

    return run
