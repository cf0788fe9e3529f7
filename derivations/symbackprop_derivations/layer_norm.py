"""Layer normalisation: the features of each sample are normalised together.

    mu_i    = 1/D Σ_j x_ij              x, xhat, y: (N, D)
    v_i     = 1/D Σ_j (x_ij - mu_i)^2   mu, v, s: (N, 1)
    s_i     = (v_i + eps)^(-1/2)        gamma, beta: (D,)
    xhat_ij = (x_ij - mu_i) s_i         eps: a positive scalar
    y_ij    = gamma_j xhat_ij + beta_j
"""

import numpy as np

from symbackprop.layer import Layer


def layer_norm(x, gamma, beta, eps):
    mu = np.mean(x, axis=1, keepdims=True)
    v = np.mean((x - mu) ** 2, axis=1, keepdims=True)
    s = 1 / np.sqrt(v + eps)
    xhat = (x - mu) * s
    y = gamma * xhat + beta
    return y


LAYER = Layer(
    name="layer-norm",
    summary="layer normalisation",
    forward=layer_norm,
    shapes={"x": ("N", "D"), "gamma": ("D",), "beta": ("D",), "eps": ()},
    wrt=("x", "gamma", "beta"),
    domain=("eps > 0",),
    source="Ba, Kiros and Hinton, Layer Normalization (2016), section 3",
)
