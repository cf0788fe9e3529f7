"""Softmax with cross-entropy where the targets are classes: t_i is the class of sample i.

    y_ij = exp(a_ij) / Σ_k exp(a_ik)    a, y: (N, n), t: (N,), integers
    L    = -1/N Σ_i log y_i,t_i

The gradient is y/N with 1/N taken off at the right class of each sample.
"""

import numpy as np

from symbackprop.layer import Layer


def softmax_ce_labels(a, t):
    y = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    L = -np.mean(np.log(y[np.arange(a.shape[0]), t]))
    return L


LAYER = Layer(
    name="softmax-ce-labels",
    summary="softmax with cross-entropy, targets are classes",
    forward=softmax_ce_labels,
    shapes={"a": ("N", "n"), "t": ("N",)},
    wrt=("a",),
    source="Stanford CS231n, assignment 1, softmax loss; Deep Learning from Scratch (2016), "
    "section 5.6.3",
)
