"""One step of a long short-term memory whose four gates share one matrix, for N sequences.

    a       = x W + h U + b             x: (N, D), h (the state before): (N, H), a: (N, 4 H)
    i, f, o = sigmoid of the first three blocks of a        W: (D, 4 H), U: (H, 4 H), b: (4 H,)
    g       = tanh of the fourth        c (the memory before) and the gates: (N, H)
    m       = f c + i g
    s       = o tanh(m)

The cell has two outputs, the new state s and the new memory m.
"""

import numpy as np

from symbackprop.layer import Layer


def lstm_stacked(x, h, c, W, U, b):
    H = h.shape[1]
    a = x @ W + h @ U + b
    i = 1 / (1 + np.exp(-a[:, :H]))
    f = 1 / (1 + np.exp(-a[:, H : 2 * H]))
    o = 1 / (1 + np.exp(-a[:, 2 * H : 3 * H]))
    g = np.tanh(a[:, 3 * H :])
    m = f * c + i * g
    q = np.tanh(m)
    s = o * q
    return s, m


LAYER = Layer(
    name="lstm-stacked",
    summary="a step of a long short-term memory, gates in one matrix",
    forward=lstm_stacked,
    shapes={
        "x": ("N", "D"), "h": ("N", "H"), "c": ("N", "H"), "W": ("D", "4*H"), "U": ("H", "4*H"),
        "b": ("4*H",),
    },
    wrt=("x", "h", "c", "W", "U", "b"),
    source="Gers, Schmidhuber and Cummins, Learning to Forget: Continual Prediction with LSTM "
    "(2000); Stanford CS231n, assignment 3, lstm_step_forward",
)
