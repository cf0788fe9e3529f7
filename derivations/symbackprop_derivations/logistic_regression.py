"""Logistic regression: the weights and the bias of a linear classifier.

    y_i = 1 / (1 + exp(-(x w + b)_i))                       x: (N, D), w: (D,), b: a scalar
    L   = -1/N Σ_i (t_i log y_i + (1 - t_i) log(1 - y_i))   y, t: (N,)
"""

import numpy as np

from symbackprop.layer import Layer


def logistic_regression(x, w, b, t):
    z = x @ w + b
    y = 1 / (1 + np.exp(-z))
    L = -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
    return L


LAYER = Layer(
    name="logistic-regression",
    summary="logistic regression",
    forward=logistic_regression,
    shapes={"x": ("N", "D"), "w": ("D",), "b": (), "t": ("N",)},
    wrt=("w", "b"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2, equation 4.91",
)
