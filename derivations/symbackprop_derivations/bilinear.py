"""A bilinear layer: every output is a bilinear form of two inputs.

    y_nk = Σ_ij x_ni W_ijk z_nj + b_k   x: (N, I), z: (N, J), W: (I, J, K), b: (K,), y: (N, K)
"""

import numpy as np

from symbackprop.layer import Layer


def bilinear(x, z, W, b):
    y = np.einsum("ni,ijk,nj->nk", x, W, z) + b
    return y


LAYER = Layer(
    name="bilinear",
    summary="bilinear layer of two inputs",
    forward=bilinear,
    shapes={"x": ("N", "I"), "z": ("N", "J"), "W": ("I", "J", "K"), "b": ("K",)},
    wrt=("x", "z", "W", "b"),
    source="Socher et al., Reasoning With Neural Tensor Networks for Knowledge Base Completion "
    "(2013)",
)
