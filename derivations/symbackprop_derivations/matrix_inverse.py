"""The inverse of a square matrix.

    Y = A⁻¹                             A: (n, n), not singular
"""

import numpy as np

from symbackprop.layer import Layer


def matrix_inverse(A):
    Y = np.linalg.inv(A)
    return Y


LAYER = Layer(
    name="matrix-inverse",
    summary="inverse of a square matrix",
    forward=matrix_inverse,
    shapes={"A": ("n", "n")},
    wrt=("A",),
    data=("A",),
    source="Giles, An extended collection of matrix derivative results (2008), section 2.2.3",
)
