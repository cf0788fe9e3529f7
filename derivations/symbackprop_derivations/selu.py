"""The scaled exponential linear unit, element by element.

    y_i = lam x_i                     where x_i > 0         x, y: (n,)
    y_i = lam alpha (exp(x_i) - 1)    elsewhere             lam, alpha: scalars
"""

import numpy as np

from symbackprop.layer import Layer


def selu(x, lam, alpha):
    y = np.where(x > 0, lam * x, lam * alpha * (np.exp(x) - 1))
    return y


LAYER = Layer(
    name="selu",
    summary="scaled exponential linear unit",
    forward=selu,
    shapes={"x": ("n",), "lam": (), "alpha": ()},
    wrt=("x",),
    data=("x",),
    source="Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks (2017)",
)
