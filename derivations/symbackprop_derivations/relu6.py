"""The rectified linear unit with a ceiling of 6, element by element.

    y_i = min(max(x_i, 0), 6)           x, y: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def relu6(x):
    y = np.minimum(np.maximum(x, 0), 6)
    return y


LAYER = Layer(
    name="relu6",
    summary="rectified linear unit with a ceiling",
    forward=relu6,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10 (2010)",
)
