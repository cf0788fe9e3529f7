"""Patch embedding: an image is cut into squares of P by P, and each is mapped to D features.

    y_nhwd = Σ_cpq x_nc,(h-1)P+p,(w-1)P+q W_dcpq + b_d          x: (N, C, P H, P M)

W: (D, C, P, P), b: (D,), y: (N, H, M, D).
"""

import numpy as np

from symbackprop.layer import Layer


def patch_embedding(x, W, b):
    N, C, H, M = x.shape
    P = W.shape[2]
    u = x.reshape(N, C, H // P, P, M // P, P)
    y = np.einsum("nchpwq,dcpq->nhwd", u, W) + b
    return y


LAYER = Layer(
    name="patch-embedding",
    summary="patches of an image as features",
    forward=patch_embedding,
    shapes={"x": ("N", "C", "P*H", "P*M"), "W": ("D", "C", "P", "P"), "b": ("D",)},
    wrt=("x", "W", "b"),
    source="Dosovitskiy et al., An Image is Worth 16x16 Words (2021), equation 1",
)
