"""Center loss: features x are drawn to the centre c of their class t_i.

    r_ij = x_ij - c_t_i,j               x, r: (N, D), c: (C, D), t: (N,), integers
    L    = 1/2 Σ_ij r_ij^2
"""

import numpy as np

from symbackprop.layer import Layer


def center_loss_labels(x, c, t):
    r = x - c[t]
    L = np.sum(r**2) / 2
    return L


LAYER = Layer(
    name="center-loss-labels",
    summary="center loss, targets are classes",
    forward=center_loss_labels,
    shapes={"x": ("N", "D"), "c": ("C", "D"), "t": ("N",)},
    wrt=("x", "c"),
    source="Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition "
    "(2016), equations 2 to 4",
)
