"""The mean squared error of predictions y against targets t.

    L = 1/n Σ_i (y_i - t_i)^2           y, t: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def mse(y, t):
    L = np.mean((y - t) ** 2)
    return L


LAYER = Layer(
    name="mse",
    summary="mean squared error",
    forward=mse,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.1.4",
)
