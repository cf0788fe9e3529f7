"""The multiclass hinge loss of scores s where t_i is the class of sample i.

    d_ij = s_ij - s_i,t_i + 1           s, d, m: (N, C), t: (N,), integers
    m_ij = max(0, d_ij), but 0 for j = t_i
    L    = 1/N Σ_ij m_ij

Every class within the margin pulls its score down and that of the right class up.
"""

import numpy as np

from symbackprop.layer import Layer


def multiclass_svm_labels(s, t):
    n = np.arange(s.shape[0])
    d = s - s[n, t][:, None] + 1
    m = np.where(np.arange(s.shape[1]) == t[:, None], 0, np.maximum(0, d))
    L = np.sum(m) / s.shape[0]
    return L


LAYER = Layer(
    name="multiclass-svm-labels",
    summary="multiclass hinge loss, targets are classes",
    forward=multiclass_svm_labels,
    shapes={"s": ("N", "C"), "t": ("N",)},
    wrt=("s",),
    source="Weston and Watkins, Support Vector Machines for Multi-Class Pattern Recognition "
    "(1999); Stanford CS231n, notes on linear classification",
)
