"""Softmax (multinomial logistic) regression.

    a    = x W + b                      x: (N, D), W: (D, K), b: (K,), a, y, t: (N, K)
    y    = softmax of each row of a
    L    = -1/N Σ_ik t_ik log y_ik

Each row of targets sums to 1.
"""

import numpy as np

from symbackprop.layer import Layer


def softmax_regression(x, W, b, t):
    a = x @ W + b
    y = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    L = -np.sum(t * np.log(y)) / x.shape[0]
    return L


LAYER = Layer(
    name="softmax-regression",
    summary="softmax (multinomial logistic) regression",
    forward=softmax_regression,
    shapes={"x": ("N", "D"), "W": ("D", "K"), "b": ("K",), "t": ("N", "K")},
    wrt=("W", "b"),
    assume=("sum(t, axis=1) == 1",),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4",
)
