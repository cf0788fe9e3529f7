"""A network of two affine layers with a relu between them, for classification.

    a1 = x W1 + b1                      x: (N, D), W1: (D, H), b1: (H,), a1 and h: (N, H)
    h  = max(a1, 0)
    a2 = h W2 + b2                      W2: (H, n), b2: (n,), a2, y and t: (N, n)
    y  = softmax of each row of a2
    L  = -1/N Σ_ik t_ik log y_ik

Each row of targets sums to 1.
"""

import numpy as np

from symbackprop.layer import Layer


def two_layer(x, W1, b1, W2, b2, t):
    a1 = x @ W1 + b1
    h = np.maximum(a1, 0)
    a2 = h @ W2 + b2
    y = np.exp(a2) / np.sum(np.exp(a2), axis=1, keepdims=True)
    L = -np.sum(t * np.log(y)) / x.shape[0]
    return L


LAYER = Layer(
    name="two-layer",
    summary="classifier: affine, relu, affine, softmax, cross-entropy",
    forward=two_layer,
    shapes={
        "x": ("N", "D"), "W1": ("D", "H"), "b1": ("H",), "W2": ("H", "n"), "b2": ("n",),
        "t": ("N", "n"),
    },
    wrt=("x", "W1", "b1", "W2", "b2"),
    assume=("sum(t, axis=1) == 1",),
    source="Deep Learning from Scratch (2016), section 5.7, two-layer network",
)
