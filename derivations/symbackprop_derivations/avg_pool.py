"""Average pooling: the mean of each square of 2 by 2 positions.

    y_ncij = 1/4 Σ_kl x_nc,2i+k-2,2j+l-2        x: (N, C, 2 H, 2 W), y: (N, C, H, W)
"""

import numpy as np

from symbackprop.layer import Layer


def avg_pool(x):
    N, C, H, W = x.shape
    y = np.mean(x.reshape(N, C, H // 2, 2, W // 2, 2), axis=(3, 5))
    return y


LAYER = Layer(
    name="avg-pool",
    summary="average pooling, 2 by 2",
    forward=avg_pool,
    shapes={"x": ("N", "C", "2*H", "2*W")},
    wrt=("x",),
    source="LeCun et al., Gradient-Based Learning Applied to Document Recognition (1998), "
    "section II.B",
)
