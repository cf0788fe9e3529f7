"""Mish, a smooth self-gated activation, element by element.

    u_i = tanh(log(1 + exp(x_i)))       x, u, y: (n,)
    y_i = x_i u_i
"""

import numpy as np

from symbackprop.layer import Layer


def mish(x):
    u = np.tanh(np.log(1 + np.exp(x)))
    y = x * u
    return y


LAYER = Layer(
    name="mish",
    summary="mish, a smooth self-gated activation",
    forward=mish,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Misra, Mish: A Self Regularized Non-Monotonic Activation Function (2020)",
)
