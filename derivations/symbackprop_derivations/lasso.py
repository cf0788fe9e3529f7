"""Least squares with a penalty on the sizes of the weights.

    r_i = Σ_j x_ij w_j - t_i            x: (N, D), w: (D,), r, t: (N,)
    L   = 1/2 Σ_i r_i^2 + lam Σ_j |w_j| lam: a scalar
"""

import numpy as np

from symbackprop.layer import Layer


def lasso(x, w, t, lam):
    r = x @ w - t
    L = 0.5 * np.sum(r**2) + lam * np.sum(np.abs(w))
    return L


LAYER = Layer(
    name="lasso",
    summary="least squares with an absolute penalty",
    forward=lasso,
    shapes={"x": ("N", "D"), "w": ("D",), "t": ("N",), "lam": ()},
    wrt=("w",),
    source="Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section "
    "3.4.2",
)
