"""A gated linear unit with a SiLU gate, for N tokens.

    u = x W                             x: (N, D), W and V: (D, H)
    v = x V                             u, v, s, y: (N, H)
    s = 1 / (1 + exp(-u))
    y = u s v                           element by element
"""

import numpy as np

from symbackprop.layer import Layer


def swiglu(x, W, V):
    u = x @ W
    v = x @ V
    s = 1 / (1 + np.exp(-u))
    y = u * s * v
    return y


LAYER = Layer(
    name="swiglu",
    summary="gated linear unit with a SiLU gate",
    forward=swiglu,
    shapes={"x": ("N", "D"), "W": ("D", "H"), "V": ("D", "H")},
    wrt=("x", "W", "V"),
    source="Shazeer, GLU Variants Improve Transformer (2020), section 2",
)
