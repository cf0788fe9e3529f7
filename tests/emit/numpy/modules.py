"""Forward passes whose generated modules are tested, and inputs for them."""

from __future__ import annotations

from functools import cache

import numpy as np

from symbackprop.algebra.nodes import size_symbol
from symbackprop.emit.numpy import compile_source, numpy_source
from tests.emit.numpy.programs import cross_entropy_rows, derived, silu

D, H, N, M, n = (size_symbol(s) for s in ("D", "H", "N", "M", "n"))


def affine(x, W, b):
    z = x @ W + b
    return z


def batch_norm(x, gamma, beta, eps):
    mu = x.mean(axis=0)
    v = ((x - mu) ** 2).mean(axis=0)
    s = 1 / np.sqrt(v + eps)
    xhat = (x - mu) * s
    y = gamma * xhat + beta
    return y


def layer_norm(x, g):
    mu = x.mean(axis=1, keepdims=True)
    v = np.mean((x - mu) ** 2, axis=1, keepdims=True)
    y = g * (x - mu) / np.sqrt(v + 0.1)
    return y


def two_layer(x, W1, b1, W2, b2, t):
    h = np.maximum(x @ W1 + b1, 0)
    z = h @ W2 + b2
    y = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    L = -np.sum(t * np.log(y)) / len(x)
    return L


def total(x):
    L = np.sum(x)
    return L


def transposed(x):
    y = x.T
    return y


def add(x, y):
    z = x + y
    return z


def leaky(x):
    y = np.where(x > 0, x, 0.1 * x)
    return y


def step_count(x, y):
    L = np.sum(np.where(x > y, x, y)) + np.sum(np.abs(x))
    return L


def attention(q, k, v):
    z = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    o = p @ v
    return o


def two_outputs(x, y):
    p = x * y
    s = np.sum(x * x)
    return p, s


def norm(x):
    r = np.sqrt(np.sum(x**2))
    return r


def row_max(x):
    m = x.max(axis=1)
    return m


def penalised(a, t, T, lam):
    y = np.exp(a / T) / np.sum(np.exp(a / T))
    L = -np.sum(t * np.log(y)) + lam * np.sum(a**2) / 2
    return L


def clipped(x, c):
    y = np.minimum(np.maximum(x, -1), c) * np.tanh(x) + np.log(len(x)) * np.sqrt(np.abs(x))
    return y


def unused(x, y):
    L = np.sum(x) * 3
    return L


MODULES = {
    "row max": (row_max, {"x": ("N", "D")}),
    "penalised": (penalised, {"a": ("n",), "t": ("n",), "T": (), "lam": ()}),
    "clipped": (clipped, {"x": ("n",), "c": ()}),
    "unused": (unused, {"x": ("n",), "y": ("n",)}),
    "affine": (affine, {"x": ("N", "D"), "W": ("D", "M"), "b": ("M",)}),
    "affine, one sample": (affine, {"x": ("D",), "W": ("D", "M"), "b": ("M",)}),
    "batch-norm": (batch_norm, {"x": ("N", "D"), "gamma": ("D",), "beta": ("D",), "eps": ()}),
    "layer-norm": (layer_norm, {"x": ("N", "D"), "g": ("D",)}),
    "two-layer": (two_layer, {"x": ("N", "D"), "W1": ("D", "H"), "b1": ("H",), "W2": ("H", "M"),
                              "b2": ("M",), "t": ("N", "M")}),
    "total": (total, {"x": ("N", "D")}),
    "transposed": (transposed, {"x": ("N", "D")}),
    "add": (add, {"x": ("n",), "y": ("n",)}),
    "add to rows": (add, {"x": ("N", "D"), "y": ("D",)}),
    "add to columns": (add, {"x": ("N", "D"), "y": ("N", 1)}),
    "fixed size": (add, {"x": ("N", 3), "y": (3,)}),
    "leaky": (leaky, {"x": ("N", "D")}),
    "step count": (step_count, {"x": ("n",), "y": ("n",)}),
    "attention": (attention, {"q": ("N", "D"), "k": ("M", "D"), "v": ("M", "H")}),
    "norm": (norm, {"x": ("n",)}),
    "cross-entropy rows": (cross_entropy_rows, {"a": ("N", "n"), "t": ("N", "n")}),
    "silu": (silu, {"a": ("n",)}),
}  # fmt: skip
LENGTHS = [{D: 3, H: 5, N: 2, M: 4, n: 3}, {D: 1, H: 2, N: 3, M: 1, n: 1},
           {D: 2, H: 1, N: 1, M: 3, n: 2}]  # fmt: skip


def inputs_of(derivation, lengths, seed=3):
    random = np.random.default_rng(seed)
    found = {}
    for array in derivation.program.inputs:
        drawn = random.normal(size=[int(s.subs(lengths)) for s in array.shape])
        found[array.name] = np.asarray(
            np.abs(drawn) + 0.1 if array.name in ("eps", "t", "T") else drawn
        )
    return found


@cache
def built(name):
    function, shapes = MODULES[name]
    derivation = derived(function, shapes)
    return derivation, compile_source(numpy_source(derivation, version="0"))
