"""The hyperbolic tangent, element by element.

    y_i = tanh(x_i)                     x, y: (n,)

Its derivative is a polynomial in the output, 1 - y^2.
"""

import numpy as np

from symbackprop.layer import Layer


def tanh(x):
    y = np.tanh(x)
    return y


LAYER = Layer(
    name="tanh",
    summary="hyperbolic tangent",
    forward=tanh,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 5.3.2",
)
