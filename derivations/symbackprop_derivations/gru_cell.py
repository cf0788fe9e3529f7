"""One step of a gated recurrent unit, for N sequences.

    r = sigmoid(x Wr + p Ur + br)       x: (N, D), p (the state before): (N, H)
    z = sigmoid(x Wz + p Uz + bz)       r, z, c and h (the new state): (N, H)
    c = tanh(x Wc + (r p) Uc + bc)      each W: (D, H), U: (H, H), b: (H,)
    h = z p + (1 - z) c
"""

import numpy as np

from symbackprop.layer import Layer


def gru_cell(x, p, Wr, Ur, br, Wz, Uz, bz, Wc, Uc, bc):
    ar = x @ Wr + p @ Ur + br
    az = x @ Wz + p @ Uz + bz
    r = 1 / (1 + np.exp(-ar))
    z = 1 / (1 + np.exp(-az))
    q = r * p
    ac = x @ Wc + q @ Uc + bc
    c = np.tanh(ac)
    h = z * p + (1 - z) * c
    return h


LAYER = Layer(
    name="gru-cell",
    summary="one step of a gated recurrent unit",
    forward=gru_cell,
    shapes={
        "x": ("N", "D"), "p": ("N", "H"), "Wr": ("D", "H"), "Ur": ("H", "H"), "br": ("H",),
        "Wz": ("D", "H"), "Uz": ("H", "H"), "bz": ("H",), "Wc": ("D", "H"), "Uc": ("H", "H"),
        "bc": ("H",),
    },
    wrt=("x", "p", "Wr", "Ur", "br", "Wz", "Uz", "bz", "Wc", "Uc", "bc"),
    source="Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical "
    "Machine Translation (2014), section 2.3",
)
