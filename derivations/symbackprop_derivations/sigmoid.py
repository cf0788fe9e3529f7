"""The logistic sigmoid, element by element.

    y_i = 1 / (1 + exp(-x_i))           x, y: (n,)

Its derivative is a polynomial in the output, y (1 - y).
"""

import numpy as np

from symbackprop.layer import Layer


def sigmoid(x):
    y = 1 / (1 + np.exp(-x))
    return y


LAYER = Layer(
    name="sigmoid",
    summary="logistic sigmoid",
    forward=sigmoid,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2",
)
