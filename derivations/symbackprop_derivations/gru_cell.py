"""One step of a gated recurrent unit, for N sequences.

    r = sigmoid(x W_r + p U_r + b_r)    x: (N, D), p (the state before): (N, H)
    z = sigmoid(x W_z + p U_z + b_z)    r, z, c and h (the new state): (N, H)
    c = tanh(x W_c + (r p) U_c + b_c)   each W: (D, H), U: (H, H), b: (H,)
    h = z p + (1 - z) c
"""

import numpy as np

from symbackprop.layer import Layer


def gru_cell(x, p, W_r, U_r, b_r, W_z, U_z, b_z, W_c, U_c, b_c):
    a_r = x @ W_r + p @ U_r + b_r
    a_z = x @ W_z + p @ U_z + b_z
    r = 1 / (1 + np.exp(-a_r))
    z = 1 / (1 + np.exp(-a_z))
    q = r * p
    a_c = x @ W_c + q @ U_c + b_c
    c = np.tanh(a_c)
    h = z * p + (1 - z) * c
    return h


LAYER = Layer(
    name="gru-cell",
    summary="one step of a gated recurrent unit",
    forward=gru_cell,
    shapes={
        "x": ("N", "D"), "p": ("N", "H"), "W_r": ("D", "H"), "U_r": ("H", "H"), "b_r": ("H",),
        "W_z": ("D", "H"), "U_z": ("H", "H"), "b_z": ("H",), "W_c": ("D", "H"), "U_c": ("H", "H"),
        "b_c": ("H",),
    },
    wrt=("x", "p", "W_r", "U_r", "b_r", "W_z", "U_z", "b_z", "W_c", "U_c", "b_c"),
    source="Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical "
    "Machine Translation (2014), section 2.3",
)
