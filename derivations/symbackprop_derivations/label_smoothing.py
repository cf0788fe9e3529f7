"""Softmax with cross-entropy against smoothed targets.

    y_k = exp(a_k) / Σ_j exp(a_j)       a, y, t, u: (n,)
    u_k = (1 - eps) t_k + eps/n         eps: a scalar, the share that is spread evenly
    L   = -Σ_k u_k log y_k

The targets sum to 1, and so do the smoothed ones: the gradient is y - u.
"""

import numpy as np

from symbackprop.layer import Layer


def label_smoothing(a, t, eps):
    y = np.exp(a) / np.sum(np.exp(a))
    u = (1 - eps) * t + eps / a.shape[0]
    L = -np.sum(u * np.log(y))
    return L


LAYER = Layer(
    name="label-smoothing",
    summary="softmax with cross-entropy against smoothed targets",
    forward=label_smoothing,
    shapes={"a": ("n",), "t": ("n",), "eps": ()},
    wrt=("a",),
    assume=("sum(t) == 1",),
    data=("a", "t"),
    source="Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2016), "
    "section 7",
)
