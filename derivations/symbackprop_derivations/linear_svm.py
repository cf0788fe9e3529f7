"""A linear support vector machine with labels t of 1 and -1.

    m_i = max(0, 1 - t_i Σ_j x_ij w_j)          x: (N, D), w: (D,), t, m: (N,)
    L   = lam/2 Σ_j w_j^2 + 1/N Σ_i m_i         lam: a scalar
"""

import numpy as np

from symbackprop.layer import Layer


def linear_svm(x, w, t, lam):
    z = x @ w
    m = np.maximum(0, 1 - t * z)
    L = lam / 2 * np.sum(w**2) + np.mean(m)
    return L


LAYER = Layer(
    name="linear-svm",
    summary="linear support vector machine",
    forward=linear_svm,
    shapes={"x": ("N", "D"), "w": ("D",), "t": ("N",), "lam": ()},
    wrt=("w",),
    source="Shalev-Shwartz, Singer and Srebro, Pegasos: Primal Estimated sub-GrAdient SOlver for "
    "SVM (2007), section 2",
)
