"""Rotary position embedding: each pair of features is turned by an angle of its position.

    y_i,2j-1 = x_i,2j-1 c_ij - x_i,2j s_ij      x, y: (T, 2 m)
    y_i,2j   = x_i,2j-1 s_ij + x_i,2j c_ij      c, s: (T, m), cosines and sines of the angles

The gradient is turned back.
"""

import numpy as np

from symbackprop.layer import Layer


def rope(x, c, s):
    u = x[:, ::2]
    v = x[:, 1::2]
    y = np.stack([u * c - v * s, u * s + v * c], axis=-1).reshape(x.shape)
    return y


LAYER = Layer(
    name="rope",
    summary="rotary position embedding",
    forward=rope,
    shapes={"x": ("T", "2*m"), "c": ("T", "m"), "s": ("T", "m")},
    wrt=("x",),
    source="Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding (2021), "
    "equation 34",
)
