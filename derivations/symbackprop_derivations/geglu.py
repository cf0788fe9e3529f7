"""A gated linear unit with a GELU gate, for N tokens.

    u = x W                             x: (N, D), W and V: (D, H)
    v = x V                             u, v, c, y: (N, H)
    c = 1/2 (1 + erf(u/sqrt(2)))
    y = u c v                           element by element
"""

import numpy as np

from symbackprop.layer import Layer
from symbackprop.special import erf


def geglu(x, W, V):
    u = x @ W
    v = x @ V
    c = 0.5 * (1 + erf(u / np.sqrt(2)))
    y = u * c * v
    return y


LAYER = Layer(
    name="geglu",
    summary="gated linear unit with a GELU gate",
    forward=geglu,
    shapes={"x": ("N", "D"), "W": ("D", "H"), "V": ("D", "H")},
    wrt=("x", "W", "V"),
    source="Shazeer, GLU Variants Improve Transformer (2020), section 2",
)
