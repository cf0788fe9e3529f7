"""Softmax followed by cross-entropy, the output layer of a classifier.

    y_k = exp(a_k) / Σ_j exp(a_j)       a, y, t: (n,)
    L   = -Σ_k t_k log y_k

The targets are one-hot, or any distribution: they sum to 1, and the gradient is y - t.
"""

import numpy as np

from symbackprop.layer import Layer


def softmax_ce(a, t):
    y = np.exp(a) / np.sum(np.exp(a))
    L = -np.sum(t * np.log(y))
    return L


LAYER = Layer(
    name="softmax-ce",
    summary="softmax with cross-entropy: y - t",
    forward=softmax_ce,
    shapes={"a": ("n",), "t": ("n",)},
    wrt=("a",),
    assume=("sum(t) == 1",),
    data=("a", "t"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4; Deep Learning "
    "from Scratch (2016), appendix A",
)
