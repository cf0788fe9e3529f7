"""Softplus, a smooth rectifier, element by element.

    y_i = log(1 + exp(x_i))             x, y: (n,)

Its derivative is the logistic sigmoid.
"""

import numpy as np

from symbackprop.layer import Layer


def softplus(x):
    y = np.log(1 + np.exp(x))
    return y


LAYER = Layer(
    name="softplus",
    summary="softplus, a smooth rectifier",
    forward=softplus,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 3.10, equation 3.37",
)
