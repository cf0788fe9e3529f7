"""The smooth L1 loss of the box regression of Fast R-CNN.

    r_i = y_i - t_i                             y, t, r: (n,)
    L   = Σ_i 1/2 r_i^2     where |r_i| < 1
              |r_i| - 1/2   elsewhere
"""

import numpy as np

from symbackprop.layer import Layer


def smooth_l1(y, t):
    r = y - t
    L = np.sum(np.where(np.abs(r) < 1, 0.5 * r**2, np.abs(r) - 0.5))
    return L


LAYER = Layer(
    name="smooth-l1",
    summary="smooth L1 loss",
    forward=smooth_l1,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Girshick, Fast R-CNN (2015), section 2.3",
)
