"""Softsign, element by element.

    y_i = x_i / (1 + |x_i|)             x, y: (n,)

Its derivative is 1 / (1 + |x|)^2.
"""

import numpy as np

from symbackprop.layer import Layer


def softsign(x):
    y = x / (1 + np.abs(x))
    return y


LAYER = Layer(
    name="softsign",
    summary="softsign",
    forward=softsign,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural "
    "Networks (2010), section 2",
)
