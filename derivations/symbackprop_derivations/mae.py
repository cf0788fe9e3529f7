"""The mean absolute error of predictions y against targets t.

    L = 1/n Σ_i |y_i - t_i|             y, t: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def mae(y, t):
    L = np.mean(np.abs(y - t))
    return L


LAYER = Layer(
    name="mae",
    summary="mean absolute error",
    forward=mae,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section "
    "10.6",
)
