"""The exponential linear unit, element by element.

    y_i = x_i                     where x_i > 0         x, y: (n,)
    y_i = alpha (exp(x_i) - 1)    elsewhere             alpha: a scalar

Below zero the derivative is y + alpha.
"""

import numpy as np

from symbackprop.layer import Layer


def elu(x, alpha):
    y = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return y


LAYER = Layer(
    name="elu",
    summary="exponential linear unit",
    forward=elu,
    shapes={"x": ("n",), "alpha": ()},
    wrt=("x",),
    data=("x",),
    source="Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by "
    "Exponential Linear Units (2016), section 3",
)
