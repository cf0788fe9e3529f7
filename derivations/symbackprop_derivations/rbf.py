"""Gaussian radial basis functions around K centres.

    d_nk = Σ_j (x_nj - c_kj)^2          x: (N, D), c: (K, D), d, y: (N, K)
    y_nk = exp(-beta d_nk)              beta: a scalar
"""

import numpy as np

from symbackprop.layer import Layer


def rbf(x, c, beta):
    d = np.sum((x[:, None, :] - c) ** 2, axis=2)
    y = np.exp(-beta * d)
    return y


LAYER = Layer(
    name="rbf",
    summary="Gaussian radial basis functions",
    forward=rbf,
    shapes={"x": ("N", "D"), "c": ("K", "D"), "beta": ()},
    wrt=("x", "c", "beta"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 6.3",
)
