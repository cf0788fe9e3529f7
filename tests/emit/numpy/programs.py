"""Forward passes for the tests of generated modules, written as NumPy functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symbackprop.calculus.result import Backward
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.trace import trace


def derived(
    function: Callable[..., Any],
    shapes: dict[str, tuple],
    wrt: tuple[str, ...] | None = None,
    assume: tuple[str, ...] = (),
) -> Backward:
    return backward(trace(function, shapes, assume=assume), wrt)


def softmax(a):
    y = np.exp(a) / np.sum(np.exp(a))
    return y


def softmax_named(a):
    e = np.exp(a)
    s = e.sum()
    y = e / s
    return y


def softmax_shifted(a):
    m = np.max(a)
    e = np.exp(a - m)
    y = e / np.sum(e)
    return y


def softmax_by_log(a):
    lse = np.log(np.sum(np.exp(a)))
    y = np.exp(a - lse)
    return y


def softmax_rows(a):
    e = np.exp(a)
    y = e / e.sum(axis=1, keepdims=True)
    return y


def log_softmax(a):
    y = a - np.log(np.sum(np.exp(a)))
    return y


def log_of_softmax(a):
    p = np.exp(a) / np.sum(np.exp(a))
    y = np.log(p)
    return y


def cross_entropy(a, t):
    y = np.exp(a) / np.sum(np.exp(a))
    L = -np.sum(t * np.log(y))
    return L


def cross_entropy_rows(a, t):
    y = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    L = -np.sum(t * np.log(y)) / len(a)
    return L


def sigmoid(a):
    y = 1 / (1 + np.exp(-a))
    return y


def sigmoid_flipped(a):
    y = np.exp(a) / (1 + np.exp(a))
    return y


def binary_cross_entropy(a, t):
    y = 1 / (1 + np.exp(-a))
    L = -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))
    return L


def softplus(a):
    y = np.log(1 + np.exp(a))
    return y


def tanh_by_exp(a):
    y = (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))
    return y


def silu(a):
    s = 1 / (1 + np.exp(-a))
    y = a * s
    return y


def log_sum_exp(a):
    L = np.log(np.sum(np.exp(a)))
    return L


def weighted_mean(a, v):
    w = np.exp(a)
    L = np.sum(w * v) / np.sum(w)
    return L


def temperature(a, t, T):
    y = np.exp(a / T) / np.sum(np.exp(a / T))
    L = -np.sum(t * np.log(y))
    return L


def two_classes(a, b):
    y = np.exp(a) / (np.exp(a) + np.exp(b))
    return y


def gaussian_weights(a):
    k = np.exp(-(a**2))
    y = k / np.sum(k)
    return y


def three_terms(a):
    y = np.exp(a) / (np.exp(a) + np.exp(2 * a) + 1)
    return y


VECTOR = {"a": ("n",)}
def bounded_power(a):
    p = 3**a
    return np.sum(np.minimum(p, 1) * a)


def bounded_square(a):
    p = np.exp(a)
    return np.sum(np.minimum(p * p, 4)) + np.sum(np.where(p < 5, a, 0))


def chosen_power(a):
    p = np.exp(a)
    y = np.where(p > 3, 3, p)
    return np.sum(y * y)


STABLE: dict[str, tuple[Callable[..., Any], dict[str, tuple]]] = {
    "softmax": (softmax, VECTOR),
    "softmax named": (softmax_named, VECTOR),
    "softmax shifted": (softmax_shifted, VECTOR),
    "softmax by log": (softmax_by_log, VECTOR),
    "softmax rows": (softmax_rows, {"a": ("N", "n")}),
    "log-softmax": (log_softmax, VECTOR),
    "log of softmax": (log_of_softmax, VECTOR),
    "cross-entropy": (cross_entropy, {"a": ("n",), "t": ("n",)}),
    "cross-entropy rows": (cross_entropy_rows, {"a": ("N", "n"), "t": ("N", "n")}),
    "sigmoid": (sigmoid, VECTOR),
    "sigmoid flipped": (sigmoid_flipped, VECTOR),
    "binary cross-entropy": (binary_cross_entropy, {"a": ("n",), "t": ("n",)}),
    "softplus": (softplus, VECTOR),
    "tanh by exp": (tanh_by_exp, VECTOR),
    "silu": (silu, VECTOR),
    "log-sum-exp": (log_sum_exp, VECTOR),
    "weighted mean": (weighted_mean, {"a": ("n",), "v": ("n",)}),
    "temperature": (temperature, {"a": ("n",), "t": ("n",), "T": ()}),
    "two classes": (two_classes, {"a": ("n",), "b": ("n",)}),
    "gaussian weights": (gaussian_weights, VECTOR),
    "three terms": (three_terms, VECTOR),
    "bounded power": (bounded_power, VECTOR),
    "bounded square": (bounded_square, VECTOR),
    "chosen power": (chosen_power, VECTOR),
}
