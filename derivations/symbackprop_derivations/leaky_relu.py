"""The leaky rectified linear unit, element by element.

    y_i = x_i          where x_i > 0    x, y: (n,)
    y_i = alpha x_i    elsewhere        alpha: a scalar, the slope below zero
"""

import numpy as np

from symbackprop.layer import Layer


def leaky_relu(x, alpha):
    y = np.where(x > 0, x, alpha * x)
    return y


LAYER = Layer(
    name="leaky-relu",
    summary="leaky rectified linear unit",
    forward=leaky_relu,
    shapes={"x": ("n",), "alpha": ()},
    wrt=("x",),
    data=("x",),
    source="Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models "
    "(2013)",
)
