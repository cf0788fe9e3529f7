"""Batch normalisation in its training form: each feature is normalised over the batch.

    mu_j    = 1/N Σ_i x_ij              x, xhat, y: (N, D)
    v_j     = 1/N Σ_i (x_ij - mu_j)^2   mu, v, s, gamma, beta: (D,)
    s_j     = (v_j + eps)^(-1/2)        eps: a positive scalar
    xhat_ij = (x_ij - mu_j) s_j
    y_ij    = gamma_j xhat_ij + beta_j

Every x of a feature moves its mean and variance, so the gradient of x loses its mean and its
component along xhat.
"""

import numpy as np

from symbackprop.layer import Layer


def batch_norm(x, gamma, beta, eps):
    mu = np.mean(x, axis=0)
    v = np.mean((x - mu) ** 2, axis=0)
    s = 1 / np.sqrt(v + eps)
    xhat = (x - mu) * s
    y = gamma * xhat + beta
    return y


LAYER = Layer(
    name="batch-norm",
    summary="batch normalisation, training form",
    forward=batch_norm,
    shapes={"x": ("N", "D"), "gamma": ("D",), "beta": ("D",), "eps": ()},
    wrt=("x", "gamma", "beta"),
    domain=("eps > 0",),
    source="Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by "
    "Reducing Internal Covariate Shift (2015), section 3",
)
