"""Factors of a partly observed matrix, with a penalty on their size.

    e = m (r - u vᵀ)                    r, m, e: (N, M), u: (N, K), v: (M, K)
    L = Σ_ij e_ij^2 + lam (Σ u^2 + Σ v^2)

The mask m is 1 where r is observed and 0 elsewhere.
"""

import numpy as np

from symbackprop.layer import Layer


def matrix_factorization(u, v, r, m, lam):
    e = m * (r - u @ v.T)
    L = np.sum(e**2) + lam * (np.sum(u**2) + np.sum(v**2))
    return L


LAYER = Layer(
    name="matrix-factorization",
    summary="factors of a partly observed matrix",
    forward=matrix_factorization,
    shapes={"u": ("N", "K"), "v": ("M", "K"), "r": ("N", "M"), "m": ("N", "M"), "lam": ()},
    wrt=("u", "v"),
    source="Koren, Bell and Volinsky, Matrix Factorization Techniques for Recommender Systems "
    "(2009)",
)
