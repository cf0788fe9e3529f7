"""A gated linear unit, for N tokens.

    u = x W + b                         x: (N, D), W and V: (D, H), b and c: (H,)
    s = 1 / (1 + exp(-(x V + c)))       u, s, y: (N, H)
    y = u s                             element by element
"""

import numpy as np

from symbackprop.layer import Layer


def glu(x, W, b, V, c):
    u = x @ W + b
    v = x @ V + c
    s = 1 / (1 + np.exp(-v))
    y = u * s
    return y


LAYER = Layer(
    name="glu",
    summary="gated linear unit",
    forward=glu,
    shapes={"x": ("N", "D"), "W": ("D", "H"), "b": ("H",), "V": ("D", "H"), "c": ("H",)},
    wrt=("x", "W", "b", "V", "c"),
    source="Dauphin, Fan, Auli and Grangier, Language Modeling with Gated Convolutional Networks "
    "(2017), sections 2 and 3",
)
