"""The multiclass hinge loss of scores s against one-hot targets t.

    c_i  = Σ_j t_ij s_ij                s, t, d: (N, C), c: (N, 1), the score of the right class
    d_ij = s_ij - c_i + 1
    L    = 1/N Σ_ij (1 - t_ij) max(0, d_ij)

Every class within the margin pulls its score down and that of the right class up.
"""

import numpy as np

from symbackprop.layer import Layer


def multiclass_svm(s, t):
    c = np.sum(t * s, axis=1, keepdims=True)
    d = s - c + 1
    L = np.sum((1 - t) * np.maximum(0, d)) / s.shape[0]
    return L


LAYER = Layer(
    name="multiclass-svm",
    summary="multiclass hinge loss",
    forward=multiclass_svm,
    shapes={"s": ("N", "C"), "t": ("N", "C")},
    wrt=("s",),
    source="Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition "
    "(1999); Stanford CS231n, notes on linear classification",
)
