"""Matrix factorisation by ratings: user i_n gave item j_n the rating r_n.

    e_n = Σ_k u_i_n,k v_j_n,k - r_n     u: (U, K), v: (V, K), i, j: (N,), integers, r: (N,)
    L   = 1/2 Σ_n e_n^2
"""

import numpy as np

from symbackprop.layer import Layer


def collaborative_filtering(u, v, i, j, r):
    e = np.sum(u[i] * v[j], axis=1) - r
    L = np.sum(e**2) / 2
    return L


LAYER = Layer(
    name="collaborative-filtering",
    summary="matrix factorisation by ratings",
    forward=collaborative_filtering,
    shapes={"u": ("U", "K"), "v": ("V", "K"), "i": ("N",), "j": ("N",), "r": ("N",)},
    wrt=("u", "v"),
    source="Koren, Bell and Volinsky, Matrix Factorization Techniques for Recommender Systems "
    "(2009), equation 2",
)
