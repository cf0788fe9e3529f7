"""The focal loss of binary scores x against labels t of 1 and -1.

    p_i = 1 / (1 + exp(-t_i x_i))       x, t, p: (n,)
    L   = -Σ_i (1 - p_i)^gamma log p_i  gamma: a scalar
"""

import numpy as np

from symbackprop.layer import Layer


def focal(x, t, gamma):
    p = 1 / (1 + np.exp(-t * x))
    L = -np.sum((1 - p) ** gamma * np.log(p))
    return L


LAYER = Layer(
    name="focal",
    summary="focal loss of binary scores",
    forward=focal,
    shapes={"x": ("n",), "t": ("n",), "gamma": ()},
    wrt=("x",),
    data=("x", "t"),
    domain=("gamma >= 0",),
    source="Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection (2017), "
    "section 3 and appendix B",
)
