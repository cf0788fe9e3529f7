"""The marginal likelihood of a Gaussian process, by the Cholesky factor of its covariance.

    K_ij = exp(-½ |x_i - x_j|²) + noise δ_ij         X: (n, d), y: (n)
    C Cᵀ = K,  α = K⁻¹ y
    L = ½ y·α + Σ log C_ii                          -log p(y), less the constant n/2 log 2π
"""

import numpy as np

from symbackprop.layer import Layer


def gaussian_process(X, y, noise):
    r2 = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)
    k = np.exp(-0.5 * r2)
    K = k + noise * np.eye(X.shape[0])
    C = np.linalg.cholesky(K)
    alpha = np.linalg.solve(C.T, np.linalg.solve(C, y))
    L = 0.5 * y @ alpha + np.sum(np.log(np.diag(C)))
    return L


LAYER = Layer(
    name="gaussian-process",
    summary="negative log marginal likelihood of a Gaussian process",
    forward=gaussian_process,
    shapes={"X": ("n", "d"), "y": ("n",), "noise": ()},
    wrt=("X", "y", "noise"),
    assume=("noise > 0",),
    source="Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equations 2.30 "
    "and 5.9",
)
