"""The logarithm of the logistic sigmoid, element by element.

    y_i = -log(1 + exp(-x_i))           x, y: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def log_sigmoid(x):
    y = -np.log(1 + np.exp(-x))
    return y


LAYER = Layer(
    name="log-sigmoid",
    summary="logarithm of the logistic sigmoid",
    forward=log_sigmoid,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 3.10",
)
