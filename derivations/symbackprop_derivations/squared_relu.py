"""The square of the rectified linear unit, element by element.

    r_i = max(x_i, 0)                   x, r, y: (n,)
    y_i = r_i^2
"""

import numpy as np

from symbackprop.layer import Layer


def squared_relu(x):
    r = np.maximum(x, 0)
    y = r**2
    return y


LAYER = Layer(
    name="squared-relu",
    summary="square of the rectified linear unit",
    forward=squared_relu,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="So et al., Primer: Searching for Efficient Transformers for Language Modeling (2021), "
    "section 3",
)
