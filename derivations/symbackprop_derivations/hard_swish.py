"""Hard swish: swish with a piecewise linear gate, element by element.

    g_i = min(max(x_i + 3, 0), 6) / 6   x, g, y: (n,)
    y_i = x_i g_i
"""

import numpy as np

from symbackprop.layer import Layer


def hard_swish(x):
    g = np.clip(x + 3, 0, 6) / 6
    y = x * g
    return y


LAYER = Layer(
    name="hard-swish",
    summary="swish with a piecewise linear gate",
    forward=hard_swish,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Howard et al., Searching for MobileNetV3 (2019), section 5.2",
)
