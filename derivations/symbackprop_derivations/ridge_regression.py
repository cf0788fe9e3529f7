"""Least squares with a penalty on the squares of the weights.

    r_i = Σ_j x_ij w_j - t_i            x: (N, D), w: (D,), r, t: (N,)
    L   = Σ_i r_i^2 + lam Σ_j w_j^2     lam: a scalar
"""

import numpy as np

from symbackprop.layer import Layer


def ridge_regression(x, w, t, lam):
    r = x @ w - t
    L = np.sum(r**2) + lam * np.sum(w**2)
    return L


LAYER = Layer(
    name="ridge-regression",
    summary="least squares with a quadratic penalty",
    forward=ridge_regression,
    shapes={"x": ("N", "D"), "w": ("D",), "t": ("N",), "lam": ()},
    wrt=("w",),
    source="Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section "
    "3.4.1",
)
