"""Squeeze and excitation: a map weighs its own channels.

    z = mean of x over positions        x: (N, P, C), z: (N, C)
    a = z U                             U: (C, R), a, h: (N, R)
    h = max(a, 0)
    b = h V                             V: (R, C), b, e: (N, C)
    e = sigmoid(b)
    y = x e                             y: (N, P, C), e at every position
"""

import numpy as np

from symbackprop.layer import Layer


def squeeze_excitation(x, U, V):
    z = np.mean(x, axis=1)
    a = z @ U
    h = np.maximum(a, 0)
    b = h @ V
    e = 1 / (1 + np.exp(-b))
    y = x * e[:, None, :]
    return y


LAYER = Layer(
    name="squeeze-excitation",
    summary="squeeze and excitation of channels",
    forward=squeeze_excitation,
    shapes={"x": ("N", "P", "C"), "U": ("C", "R"), "V": ("R", "C")},
    wrt=("x", "U", "V"),
    source="Hu, Shen and Sun, Squeeze-and-Excitation Networks (2018), section 3",
)
