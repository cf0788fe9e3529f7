"""Total variation of a signal: the sum of its steps.

    d_i = x_i+1 - x_i                   x: (n,), d: (n - 1,)
    L   = Σ_i |d_i|
"""

import numpy as np

from symbackprop.layer import Layer


def total_variation(x):
    d = x[1:] - x[:-1]
    L = np.sum(np.abs(d))
    return L


LAYER = Layer(
    name="total-variation",
    summary="total variation of a signal",
    forward=total_variation,
    shapes={"x": ("n",)},
    wrt=("x",),
    source="Rudin, Osher and Fatemi, Nonlinear total variation based noise removal algorithms "
    "(1992)",
)
