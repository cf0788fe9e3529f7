"""Binary cross-entropy of scores, with the sigmoid inside.

    L = 1/n Σ_i (log(1 + exp(x_i)) - t_i x_i)           x, t: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def bce_with_logits(x, t):
    L = np.mean(np.log(1 + np.exp(x)) - t * x)
    return L


LAYER = Layer(
    name="bce-with-logits",
    summary="binary cross-entropy of scores",
    forward=bce_with_logits,
    shapes={"x": ("n",), "t": ("n",)},
    wrt=("x",),
    data=("x", "t"),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.2",
)
