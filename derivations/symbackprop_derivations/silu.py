"""The sigmoid-weighted linear unit (swish), element by element.

    s_i = 1 / (1 + exp(-x_i))           x, s, y: (n,)
    y_i = x_i s_i

The gradient reuses s: s (1 + x (1 - s)).
"""

import numpy as np

from symbackprop.layer import Layer


def silu(x):
    s = 1 / (1 + np.exp(-x))
    y = x * s
    return y


LAYER = Layer(
    name="silu",
    summary="sigmoid-weighted linear unit (swish)",
    forward=silu,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units for Neural Network Function "
    "Approximation in Reinforcement Learning (2018), section 2.1",
)
