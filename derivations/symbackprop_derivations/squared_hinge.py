"""The squared hinge loss of scores x against labels t of 1 and -1.

    m_i = max(0, 1 - t_i x_i)           x, t, m: (n,)
    L   = Σ_i m_i^2
"""

import numpy as np

from symbackprop.layer import Layer


def squared_hinge(x, t):
    m = np.maximum(0, 1 - t * x)
    L = np.sum(m**2)
    return L


LAYER = Layer(
    name="squared-hinge",
    summary="squared hinge loss of binary scores",
    forward=squared_hinge,
    shapes={"x": ("n",), "t": ("n",)},
    wrt=("x",),
    data=("x", "t"),
    source="Tang, Deep Learning using Linear Support Vector Machines (2013)",
)
