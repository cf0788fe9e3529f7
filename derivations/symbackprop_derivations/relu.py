"""The rectified linear unit, element by element.

    y_i = max(x_i, 0)                   x, y: (n,)

The upstream gradient passes where x_i > 0 and is stopped elsewhere; at the kink x_i = 0 the
subgradient 0 is taken.
"""

import numpy as np

from symbackprop.layer import Layer


def relu(x):
    y = np.maximum(x, 0)
    return y


LAYER = Layer(
    name="relu",
    summary="rectified linear unit",
    forward=relu,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.3.1",
)
