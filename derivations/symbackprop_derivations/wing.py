"""The wing loss of landmark localisation.

    r_i = y_i - t_i                                             y, t, r: (n,)
    L   = Σ_i w log(1 + |r_i|/eps)          where |r_i| < w     w, eps: positive scalars
              |r_i| - w + w log(1 + w/eps)  elsewhere
"""

import numpy as np

from symbackprop.layer import Layer


def wing(y, t, w, eps):
    r = y - t
    c = w - w * np.log(1 + w / eps)
    L = np.sum(np.where(np.abs(r) < w, w * np.log(1 + np.abs(r) / eps), np.abs(r) - c))
    return L


LAYER = Layer(
    name="wing",
    summary="wing loss",
    forward=wing,
    shapes={"y": ("n",), "t": ("n",), "w": (), "eps": ()},
    wrt=("y",),
    domain=("w > 0", "eps > 0"),
    data=("y", "t"),
    source="Feng et al., Wing Loss for Robust Facial Landmark Localisation with Convolutional "
    "Neural Networks (2018)",
)
