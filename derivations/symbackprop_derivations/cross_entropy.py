"""The cross-entropy error of predicted probabilities y against targets t.

    L = -Σ_k t_k log y_k                y, t: (n,), y positive
"""

import numpy as np

from symbackprop.layer import Layer


def cross_entropy(y, t):
    L = -np.sum(t * np.log(y))
    return L


LAYER = Layer(
    name="cross-entropy",
    summary="cross-entropy of probabilities and targets",
    forward=cross_entropy,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    domain=("y > 0",),
    data=("y", "t"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4",
)
