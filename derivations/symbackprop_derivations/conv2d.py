"""Convolution over images, as networks have it: no padding, steps of 1.

    u_ncijkl = x_nc,i+k-1,j+l-1         x: (N, C, H, W), u: (N, C, H - K + 1, W - M + 1, K, M)
    y_noij   = Σ_ckl u_ncijkl w_ockl + b_o      w: (O, C, K, M), b: (O,)
"""

import numpy as np

from symbackprop.layer import Layer


def conv2d(x, w, b):
    u = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    y = np.einsum("ncijkl,ockl->noij", u, w) + b[:, None, None]
    return y


LAYER = Layer(
    name="conv2d",
    summary="convolution over images",
    forward=conv2d,
    shapes={"x": ("N", "C", "H", "W"), "w": ("O", "C", "K", "M"), "b": ("O",)},
    wrt=("x", "w", "b"),
    source="Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), "
    "sections 2 and 4.1",
)
