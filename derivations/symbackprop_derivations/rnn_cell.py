"""One step of a simple recurrent network, for N sequences.

    z = x W + p U + b                   x: (N, D), p (the state before), z and h: (N, H)
    h = tanh(z)                         W: (D, H), U: (H, H), b: (H,)
"""

import numpy as np

from symbackprop.layer import Layer


def rnn_cell(x, p, W, U, b):
    z = x @ W + p @ U + b
    h = np.tanh(z)
    return h


LAYER = Layer(
    name="rnn-cell",
    summary="one step of a simple recurrent network",
    forward=rnn_cell,
    shapes={"x": ("N", "D"), "p": ("N", "H"), "W": ("D", "H"), "U": ("H", "H"), "b": ("H",)},
    wrt=("x", "p", "W", "U", "b"),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 10.2",
)
