"""Softmax: scores become probabilities.

    y_k = exp(a_k) / Σ_j exp(a_j)       a, y: (n,)

The outputs sum to 1, so the gradient subtracts from the upstream gradient its mean under y.
"""

import numpy as np

from symbackprop.layer import Layer


def softmax(a):
    y = np.exp(a) / np.sum(np.exp(a))
    return y


LAYER = Layer(
    name="softmax",
    summary="softmax of a vector of scores",
    forward=softmax,
    shapes={"a": ("n",)},
    wrt=("a",),
    data=("a",),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4",
)
