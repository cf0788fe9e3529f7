"""Convolution over a sequence, as networks have it: no padding, steps of 1.

    u_ncij = x_nc,i+j-1                 x: (N, C, L), u: (N, C, L - K + 1, K)
    y_noi  = Σ_cj u_ncij w_ocj + b_o    w: (O, C, K), b: (O,), y: (N, O, L - K + 1)
"""

import numpy as np

from symbackprop.layer import Layer


def conv1d(x, w, b):
    u = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    y = np.einsum("ncij,ocj->noi", u, w) + b[:, None]
    return y


LAYER = Layer(
    name="conv1d",
    summary="convolution over a sequence",
    forward=conv1d,
    shapes={"x": ("N", "C", "L"), "w": ("O", "C", "K"), "b": ("O",)},
    wrt=("x", "w", "b"),
    source="Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), "
    "sections 2 and 4.1",
)
