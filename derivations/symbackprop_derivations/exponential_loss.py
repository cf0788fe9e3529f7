"""The exponential loss of scores x against labels t of 1 and -1, as in AdaBoost.

    L = Σ_i exp(-t_i x_i)               x, t: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def exponential_loss(x, t):
    L = np.sum(np.exp(-t * x))
    return L


LAYER = Layer(
    name="exponential-loss",
    summary="exponential loss of binary scores",
    forward=exponential_loss,
    shapes={"x": ("n",), "t": ("n",)},
    wrt=("x",),
    data=("x", "t"),
    source="Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section "
    "10.4",
)
