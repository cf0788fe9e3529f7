"""The solution of a linear system.

    x = A⁻¹ b                           A: (n, n), not singular; b: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def linear_solve(A, b):
    x = np.linalg.solve(A, b)
    return x


LAYER = Layer(
    name="linear-solve",
    summary="solution of a linear system",
    forward=linear_solve,
    shapes={"A": ("n", "n"), "b": ("n",)},
    wrt=("A", "b"),
    data=("b",),
    source="Giles, An extended collection of matrix derivative results (2008), section 2.3.1",
)
