"""Maxout: the largest of K affine functions for each output.

    z_nhk = Σ_d x_nd W_dhk + b_hk       x: (N, D), W: (D, H, K), b: (H, K), z: (N, H, K)
    y_nh  = max_k z_nhk                 y: (N, H)

The upstream gradient goes to the largest function, in equal shares where several are largest.
"""

import numpy as np

from symbackprop.layer import Layer


def maxout(x, W, b):
    z = np.einsum("nd,dhk->nhk", x, W) + b
    y = np.max(z, axis=2)
    return y


LAYER = Layer(
    name="maxout",
    summary="the largest of K affine functions",
    forward=maxout,
    shapes={"x": ("N", "D"), "W": ("D", "H", "K"), "b": ("H", "K")},
    wrt=("x", "W", "b"),
    source="Goodfellow et al., Maxout Networks (2013), section 2",
)
