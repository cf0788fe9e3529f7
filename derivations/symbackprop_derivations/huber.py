"""The Huber loss: squared for small errors, linear for large ones.

    r_i = y_i - t_i                                     y, t, r: (n,)
    L   = 1/n Σ_i 1/2 r_i^2              where |r_i| <= delta
                  delta (|r_i| - delta/2)   elsewhere   delta: a positive scalar
"""

import numpy as np

from symbackprop.layer import Layer


def huber(y, t, delta):
    r = y - t
    L = np.mean(np.where(np.abs(r) <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2)))
    return L


LAYER = Layer(
    name="huber",
    summary="Huber loss: squared near 0, linear far out",
    forward=huber,
    shapes={"y": ("n",), "t": ("n",), "delta": ()},
    wrt=("y",),
    domain=("delta > 0",),
    data=("y", "t"),
    source="Huber, Robust Estimation of a Location Parameter (1964)",
)
