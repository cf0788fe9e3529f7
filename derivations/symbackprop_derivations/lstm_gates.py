"""The gates of a long short-term memory cell, given their pre-activations.

    i, f, o = sigmoid(ai), sigmoid(af), sigmoid(ao)     all arrays: (N, H)
    g       = tanh(ag)
    c       = f p + i g                                 p: the memory before
    h       = o tanh(c)

The cell has two outputs, the state h and the memory c.
"""

import numpy as np

from symbackprop.layer import Layer


def lstm_gates(ai, af, ao, ag, p):
    i = 1 / (1 + np.exp(-ai))
    f = 1 / (1 + np.exp(-af))
    o = 1 / (1 + np.exp(-ao))
    g = np.tanh(ag)
    c = f * p + i * g
    q = np.tanh(c)
    h = o * q
    return h, c


LAYER = Layer(
    name="lstm-gates",
    summary="gates of a long short-term memory cell",
    forward=lstm_gates,
    shapes={
        "ai": ("N", "H"), "af": ("N", "H"), "ao": ("N", "H"), "ag": ("N", "H"), "p": ("N", "H"),
    },
    wrt=("ai", "af", "ao", "ag", "p"),
    source="Gers, Schmidhuber and Cummins, Learning to Forget: Continual Prediction with LSTM "
    "(2000), section 3; Greff et al., LSTM: A Search Space Odyssey (2017), section III",
)
