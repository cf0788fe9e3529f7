"""One step of a long short-term memory, for N sequences.

    i = sigmoid(x W_i + h U_i + b_i)    x: (N, D), h (the state before): (N, H)
    f = sigmoid(x W_f + h U_f + b_f)    c (the memory before) and the gates: (N, H)
    o = sigmoid(x W_o + h U_o + b_o)    each W: (D, H), U: (H, H), b: (H,)
    g = tanh(x W_g + h U_g + b_g)
    m = f c + i g
    s = o tanh(m)

The cell has two outputs, the new state s and the new memory m.
"""

import numpy as np

from symbackprop.layer import Layer


def lstm_cell(x, h, c, W_i, U_i, b_i, W_f, U_f, b_f, W_o, U_o, b_o, W_g, U_g, b_g):
    a_i = x @ W_i + h @ U_i + b_i
    a_f = x @ W_f + h @ U_f + b_f
    a_o = x @ W_o + h @ U_o + b_o
    a_g = x @ W_g + h @ U_g + b_g
    i = 1 / (1 + np.exp(-a_i))
    f = 1 / (1 + np.exp(-a_f))
    o = 1 / (1 + np.exp(-a_o))
    g = np.tanh(a_g)
    m = f * c + i * g
    q = np.tanh(m)
    s = o * q
    return s, m


LAYER = Layer(
    name="lstm-cell",
    summary="one step of a long short-term memory",
    forward=lstm_cell,
    shapes={
        "x": ("N", "D"), "h": ("N", "H"), "c": ("N", "H"), "W_i": ("D", "H"), "U_i": ("H", "H"),
        "b_i": ("H",), "W_f": ("D", "H"), "U_f": ("H", "H"), "b_f": ("H",), "W_o": ("D", "H"),
        "U_o": ("H", "H"), "b_o": ("H",), "W_g": ("D", "H"), "U_g": ("H", "H"), "b_g": ("H",),
    },
    wrt=(
        "x", "h", "c", "W_i", "U_i", "b_i", "W_f", "U_f", "b_f", "W_o", "U_o", "b_o", "W_g", "U_g",
        "b_g",
    ),
    source="Gers, Schmidhuber and Cummins, Learning to Forget: Continual Prediction with LSTM "
    "(2000); Greff et al., LSTM: A Search Space Odyssey (2017), section II",
)
