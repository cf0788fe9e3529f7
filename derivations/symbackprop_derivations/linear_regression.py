"""Linear regression by least squares.

    y_i = Σ_j x_ij w_j + b              x: (N, D), w: (D,), b: a scalar
    L   = 1/N Σ_i (y_i - t_i)^2         y, t: (N,)
"""

import numpy as np

from symbackprop.layer import Layer


def linear_regression(x, w, b, t):
    y = x @ w + b
    L = np.mean((y - t) ** 2)
    return L


LAYER = Layer(
    name="linear-regression",
    summary="linear regression by least squares",
    forward=linear_regression,
    shapes={"x": ("N", "D"), "w": ("D",), "b": (), "t": ("N",)},
    wrt=("w", "b"),
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 3.1.1",
)
