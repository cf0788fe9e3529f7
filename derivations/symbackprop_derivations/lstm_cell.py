"""One step of a long short-term memory, for N sequences.

    i = sigmoid(x Wi + h Ui + bi)       x: (N, D), h (the state before): (N, H)
    f = sigmoid(x Wf + h Uf + bf)       c (the memory before) and the gates: (N, H)
    o = sigmoid(x Wo + h Uo + bo)       each W: (D, H), U: (H, H), b: (H,)
    g = tanh(x Wg + h Ug + bg)
    m = f c + i g
    s = o tanh(m)

The cell has two outputs, the new state s and the new memory m.
"""

import numpy as np

from symbackprop.layer import Layer


def lstm_cell(x, h, c, Wi, Ui, bi, Wf, Uf, bf, Wo, Uo, bo, Wg, Ug, bg):
    ai = x @ Wi + h @ Ui + bi
    af = x @ Wf + h @ Uf + bf
    ao = x @ Wo + h @ Uo + bo
    ag = x @ Wg + h @ Ug + bg
    i = 1 / (1 + np.exp(-ai))
    f = 1 / (1 + np.exp(-af))
    o = 1 / (1 + np.exp(-ao))
    g = np.tanh(ag)
    m = f * c + i * g
    q = np.tanh(m)
    s = o * q
    return s, m


LAYER = Layer(
    name="lstm-cell",
    summary="one step of a long short-term memory",
    forward=lstm_cell,
    shapes={
        "x": ("N", "D"), "h": ("N", "H"), "c": ("N", "H"), "Wi": ("D", "H"), "Ui": ("H", "H"),
        "bi": ("H",), "Wf": ("D", "H"), "Uf": ("H", "H"), "bf": ("H",), "Wo": ("D", "H"),
        "Uo": ("H", "H"), "bo": ("H",), "Wg": ("D", "H"), "Ug": ("H", "H"), "bg": ("H",),
    },
    wrt=("x", "h", "c", "Wi", "Ui", "bi", "Wf", "Uf", "bf", "Wo", "Uo", "bo", "Wg", "Ug", "bg"),
    source="Gers, Schmidhuber and Cummins, Learning to Forget: Continual Prediction with LSTM "
    "(2000); Greff et al., LSTM: A Search Space Odyssey (2017), section II",
)
