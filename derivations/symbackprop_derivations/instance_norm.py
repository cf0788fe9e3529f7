"""Instance normalisation: each channel of each image is normalised over its positions.

    mu   = mean of x over positions     x, xhat, y: (N, C, H, W)
    v    = mean of (x - mu)^2           mu, v, s: (N, C, 1, 1)
    s    = (v + eps)^(-1/2)             gamma, beta: (C,)
    xhat = (x - mu) s                   eps: a positive scalar
    y    = gamma xhat + beta            gamma and beta at every position
"""

import numpy as np

from symbackprop.layer import Layer


def instance_norm(x, gamma, beta, eps):
    mu = np.mean(x, axis=(2, 3), keepdims=True)
    v = np.mean((x - mu) ** 2, axis=(2, 3), keepdims=True)
    s = 1 / np.sqrt(v + eps)
    xhat = (x - mu) * s
    y = gamma[:, None, None] * xhat + beta[:, None, None]
    return y


LAYER = Layer(
    name="instance-norm",
    summary="instance normalisation",
    forward=instance_norm,
    shapes={"x": ("N", "C", "H", "W"), "gamma": ("C",), "beta": ("C",), "eps": ()},
    wrt=("x", "gamma", "beta"),
    domain=("eps > 0",),
    source="Ulyanov, Vedaldi and Lempitsky, Instance Normalization: The Missing Ingredient for "
    "Fast Stylization (2016), section 2",
)
