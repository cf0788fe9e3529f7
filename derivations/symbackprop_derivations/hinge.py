"""The hinge loss of scores x against labels t of 1 and -1.

    L = Σ_i max(0, 1 - t_i x_i)         x, t: (n,)

A score on the right side of its margin gets no gradient.
"""

import numpy as np

from symbackprop.layer import Layer


def hinge(x, t):
    L = np.sum(np.maximum(0, 1 - t * x))
    return L


LAYER = Layer(
    name="hinge",
    summary="hinge loss of binary scores",
    forward=hinge,
    shapes={"x": ("n",), "t": ("n",)},
    wrt=("x",),
    data=("x", "t"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 7.1.2",
)
