"""The hard sigmoid, element by element: a straight line between 0 and 1.

    y_i = min(max(x_i + 3, 0), 6) / 6   x, y: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def hard_sigmoid(x):
    y = np.clip(x + 3, 0, 6) / 6
    return y


LAYER = Layer(
    name="hard-sigmoid",
    summary="piecewise linear sigmoid",
    forward=hard_sigmoid,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Howard et al., Searching for MobileNetV3 (2019), section 5.2",
)
