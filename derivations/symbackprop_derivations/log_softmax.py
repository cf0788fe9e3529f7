"""The logarithm of softmax: scores become log-probabilities.

    y_k = a_k - log Σ_j exp(a_j)        a, y: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def log_softmax(a):
    y = a - np.log(np.sum(np.exp(a)))
    return y


LAYER = Layer(
    name="log-softmax",
    summary="logarithm of the softmax of a vector of scores",
    forward=log_softmax,
    shapes={"a": ("n",)},
    wrt=("a",),
    data=("a",),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.3",
)
