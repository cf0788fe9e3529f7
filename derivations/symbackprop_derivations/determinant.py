"""The determinant.

    d = det A                           A: (n, n), not singular
"""

import numpy as np

from symbackprop.layer import Layer


def determinant(A):
    d = np.linalg.det(A)
    return d


LAYER = Layer(
    name="determinant",
    summary="determinant of a matrix that is not singular",
    forward=determinant,
    shapes={"A": ("n", "n")},
    wrt=("A",),
    data=("A",),
    source="Petersen and Pedersen, The Matrix Cookbook (2012), equation 49",
)
