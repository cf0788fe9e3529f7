"""The entropy of the distribution that a softmax gives.

    y_k = exp(a_k) / Σ_j exp(a_j)       a, y: (n,)
    H   = -Σ_k y_k log y_k

The gradient is -y (log y + H).
"""

import numpy as np

from symbackprop.layer import Layer


def entropy(a):
    y = np.exp(a) / np.sum(np.exp(a))
    H = -np.sum(y * np.log(y))
    return H


LAYER = Layer(
    name="entropy",
    summary="entropy of a softmax",
    forward=entropy,
    shapes={"a": ("n",)},
    wrt=("a",),
    data=("a",),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 3.13; as a policy's "
    "bonus: Mnih et al., Asynchronous Methods for Deep Reinforcement Learning (2016), section 4",
)
