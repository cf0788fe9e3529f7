"""Softmax with cross-entropy over a batch of N samples, the mean of their losses.

    y_ik = exp(a_ik) / Σ_j exp(a_ij)    a, y, t: (N, n)
    L    = -1/N Σ_ik t_ik log y_ik

Each row of targets sums to 1; the gradient is (y - t) / N.
"""

import numpy as np

from symbackprop.layer import Layer


def softmax_ce_batch(a, t):
    y = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    L = -np.sum(t * np.log(y)) / a.shape[0]
    return L


LAYER = Layer(
    name="softmax-ce-batch",
    summary="softmax with cross-entropy, mean of a batch: (y - t)/N",
    forward=softmax_ce_batch,
    shapes={"a": ("N", "n"), "t": ("N", "n")},
    wrt=("a",),
    assume=("sum(t, axis=1) == 1",),
    source="Deep Learning from Scratch (2016), section 5.6.3, softmax-with-loss layer",
)
