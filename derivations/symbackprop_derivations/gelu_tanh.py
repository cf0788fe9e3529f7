"""The Gaussian error linear unit in its tanh approximation, element by element.

    u_i = tanh(sqrt(2/pi) (x_i + 0.044715 x_i^3))       x, u, y: (n,)
    y_i = 1/2 x_i (1 + u_i)
"""

import numpy as np

from symbackprop.layer import Layer


def gelu_tanh(x):
    u = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    y = 0.5 * x * (1 + u)
    return y


LAYER = Layer(
    name="gelu-tanh",
    summary="Gaussian error linear unit, tanh approximation",
    forward=gelu_tanh,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2",
)
