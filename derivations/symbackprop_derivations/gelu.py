"""The Gaussian error linear unit, element by element.

    c_i = 1/2 (1 + erf(x_i/sqrt(2)))    x, c, y: (n,), c: the normal distribution function
    y_i = x_i c_i

The gradient is c + x times the normal density.
"""

import numpy as np

from symbackprop.layer import Layer
from symbackprop.special import erf


def gelu(x):
    c = 0.5 * (1 + erf(x / np.sqrt(2)))
    y = x * c
    return y


LAYER = Layer(
    name="gelu",
    summary="Gaussian error linear unit",
    forward=gelu,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2",
)
