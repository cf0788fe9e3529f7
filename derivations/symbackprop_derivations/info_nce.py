"""The InfoNCE loss: sample i of z belongs to sample i of w and to no other.

    s_ij  = Σ_d z_id w_jd / tau          z, w: (N, D), s: (N, N)
    lse_i = log Σ_j exp(s_ij)            tau: a scalar, the temperature
    L     = 1/N Σ_i (lse_i - s_ii)

The diagonal of s is computed as Σ_d z_id w_id / tau.
"""

import numpy as np

from symbackprop.layer import Layer


def info_nce(z, w, tau):
    s = z @ w.T / tau
    lse = np.log(np.sum(np.exp(s), axis=1))
    L = np.mean(lse - np.sum(z * w, axis=1) / tau)
    return L


LAYER = Layer(
    name="info-nce",
    summary="InfoNCE loss of paired embeddings",
    forward=info_nce,
    shapes={"z": ("N", "D"), "w": ("N", "D"), "tau": ()},
    wrt=("z", "w"),
    source="van den Oord, Li and Vinyals, Representation Learning with Contrastive Predictive "
    "Coding (2018), section 2.3",
)
