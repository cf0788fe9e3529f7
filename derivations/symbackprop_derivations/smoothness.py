"""A penalty on steps between neighbours of a signal.

    d_i = x_i+1 - x_i                   x: (n,), d: (n - 1,)
    L   = 1/2 Σ_i d_i^2

Inside the signal the gradient is -(x_i-1 - 2 x_i + x_i+1), its second difference.
"""

import numpy as np

from symbackprop.layer import Layer


def smoothness(x):
    d = x[1:] - x[:-1]
    L = np.sum(d**2) / 2
    return L


LAYER = Layer(
    name="smoothness",
    summary="squared steps of a signal",
    forward=smoothness,
    shapes={"x": ("n",)},
    wrt=("x",),
    source="Boyd and Vandenberghe, Convex Optimization (2004), section 6.3.3",
)
