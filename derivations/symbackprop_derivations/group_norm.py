"""Group normalisation: G groups of P channels, each normalised within its sample.

    z    = x, its channels in groups    x, y: (N, G P), z, xhat: (N, G, P)
    mu   = mean of z over a group       mu, v, s: (N, G, 1)
    v    = mean of (z - mu)^2
    s    = (v + eps)^(-1/2)             gamma, beta: (G, P), one row a group
    xhat = (z - mu) s                   eps: a positive scalar
    y    = gamma xhat + beta, its groups in one axis again
"""

import numpy as np

from symbackprop.layer import Layer


def group_norm(x, gamma, beta, eps):
    N = x.shape[0]
    G, P = gamma.shape
    z = x.reshape(N, G, P)
    mu = np.mean(z, axis=2, keepdims=True)
    v = np.mean((z - mu) ** 2, axis=2, keepdims=True)
    s = 1 / np.sqrt(v + eps)
    xhat = (z - mu) * s
    y = (gamma * xhat + beta).reshape(N, G * P)
    return y


LAYER = Layer(
    name="group-norm",
    summary="group normalisation",
    forward=group_norm,
    shapes={"x": ("N", "G*P"), "gamma": ("G", "P"), "beta": ("G", "P"), "eps": ()},
    wrt=("x", "gamma", "beta"),
    domain=("eps > 0",),
    source="Wu and He, Group Normalization (2018), section 3; its backward pass is that of "
    "layer normalisation in each group",
)
