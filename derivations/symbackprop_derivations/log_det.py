"""The logarithm of a determinant.

    L = log |det A|                     A: (n, n), not singular
"""

import numpy as np

from symbackprop.layer import Layer


def log_det(A):
    L = np.linalg.slogdet(A)[1]
    return L


LAYER = Layer(
    name="log-det",
    summary="logarithm of the absolute value of a determinant",
    forward=log_det,
    shapes={"A": ("n", "n")},
    wrt=("A",),
    data=("A",),
    source="Petersen and Pedersen, The Matrix Cookbook (2012), equation 57",
)
