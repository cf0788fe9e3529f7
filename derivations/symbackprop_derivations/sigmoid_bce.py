"""Sigmoid followed by binary cross-entropy, the output layer for independent labels.

    y_i = 1 / (1 + exp(-x_i))           x, y, t: (n,)
    L   = -Σ_i (t_i log y_i + (1 - t_i) log(1 - y_i))

The gradient is y - t, whatever the targets are.
"""

import numpy as np

from symbackprop.layer import Layer


def sigmoid_bce(x, t):
    y = 1 / (1 + np.exp(-x))
    L = -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))
    return L


LAYER = Layer(
    name="sigmoid-bce",
    summary="sigmoid with binary cross-entropy: y - t",
    forward=sigmoid_bce,
    shapes={"x": ("n",), "t": ("n",)},
    wrt=("x",),
    data=("x", "t"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2, equation 4.91",
)
