"""The parametric rectified linear unit: the slope below zero is learned.

    y_ij = x_ij             where x_ij > 0      x, y: (N, C)
    y_ij = alpha_j x_ij     elsewhere           alpha: (C,)
"""

import numpy as np

from symbackprop.layer import Layer


def prelu(x, alpha):
    y = np.where(x > 0, x, alpha * x)
    return y


LAYER = Layer(
    name="prelu",
    summary="rectified linear unit with a learned slope",
    forward=prelu,
    shapes={"x": ("N", "C"), "alpha": ("C",)},
    wrt=("x", "alpha"),
    source="He, Zhang, Ren and Sun, Delving Deep into Rectifiers (2015), section 2.1",
)
