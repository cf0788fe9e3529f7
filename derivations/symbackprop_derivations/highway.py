"""A highway layer: a gate chooses between a transformed input and the input itself.

    u = x W + b                         all arrays: (N, D), but W and V: (D, D), b and c: (D,)
    v = x V + c
    h = tanh(u)
    t = sigmoid(v)
    y = h t + x (1 - t)                 element by element
"""

import numpy as np

from symbackprop.layer import Layer


def highway(x, W, b, V, c):
    u = x @ W + b
    v = x @ V + c
    h = np.tanh(u)
    t = 1 / (1 + np.exp(-v))
    y = h * t + x * (1 - t)
    return y


LAYER = Layer(
    name="highway",
    summary="highway layer",
    forward=highway,
    shapes={"x": ("N", "D"), "W": ("D", "D"), "b": ("D",), "V": ("D", "D"), "c": ("D",)},
    wrt=("x", "W", "b", "V", "c"),
    source="Srivastava, Greff and Schmidhuber, Highway Networks (2015), section 2",
)
