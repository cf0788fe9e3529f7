"""Root mean square normalisation of each sample.

    s_i     = (1/D Σ_j x_ij^2 + eps)^(-1/2)     x, xhat, y: (N, D), s: (N, 1), g: (D,)
    xhat_ij = x_ij s_i                          eps: a positive scalar
    y_ij    = g_j xhat_ij
"""

import numpy as np

from symbackprop.layer import Layer


def rms_norm(x, g, eps):
    s = 1 / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + eps)
    xhat = x * s
    y = g * xhat
    return y


LAYER = Layer(
    name="rms-norm",
    summary="root mean square normalisation",
    forward=rms_norm,
    shapes={"x": ("N", "D"), "g": ("D",), "eps": ()},
    wrt=("x", "g"),
    domain=("eps > 0",),
    source="Zhang and Sennrich, Root Mean Square Layer Normalization (2019), sections 3 and 4",
)
