"""A residual block of two layers.

    a = x W                             x, z, y: (N, D), W: (D, H), a, h: (N, H)
    h = max(a, 0)
    z = h V + x                         V: (H, D)
    y = max(z, 0)
"""

import numpy as np

from symbackprop.layer import Layer


def residual_block(x, W, V):
    a = x @ W
    h = np.maximum(a, 0)
    z = h @ V + x
    y = np.maximum(z, 0)
    return y


LAYER = Layer(
    name="residual-block",
    summary="residual block of two layers",
    forward=residual_block,
    shapes={"x": ("N", "D"), "W": ("D", "H"), "V": ("H", "D")},
    wrt=("x", "W", "V"),
    source="He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition (2016), section "
    "3.2",
)
