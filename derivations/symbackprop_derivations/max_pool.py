"""Max pooling: the largest of each square of 2 by 2 positions.

    y_ncij = max_kl x_nc,2i+k-2,2j+l-2          x: (N, C, 2 H, 2 W), y: (N, C, H, W)
"""

import numpy as np

from symbackprop.layer import Layer


def max_pool(x):
    N, C, H, W = x.shape
    y = np.max(x.reshape(N, C, H // 2, 2, W // 2, 2), axis=(3, 5))
    return y


LAYER = Layer(
    name="max-pool",
    summary="max pooling, 2 by 2",
    forward=max_pool,
    shapes={"x": ("N", "C", "2*H", "2*W")},
    wrt=("x",),
    source="Deep Learning from Scratch (2016), section 7.4.4, pooling layer",
)
