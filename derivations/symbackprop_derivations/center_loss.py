"""The center loss: features are drawn to the centre of their class.

    r_id = x_id - Σ_k t_ik c_kd         x, r: (N, D), t: (N, K), one-hot, c: (K, D)
    L    = 1/2 Σ_id r_id^2
"""

import numpy as np

from symbackprop.layer import Layer


def center_loss(x, t, c):
    r = x - t @ c
    L = 0.5 * np.sum(r**2)
    return L


LAYER = Layer(
    name="center-loss",
    summary="distance of features to the centre of their class",
    forward=center_loss,
    shapes={"x": ("N", "D"), "t": ("N", "K"), "c": ("K", "D")},
    wrt=("x", "c"),
    source="Wen, Zhang, Li and Qiao, A Discriminative Feature Learning Approach for Deep Face "
    "Recognition (2016), section 3",
)
