"""Weight normalisation: the length and the direction of a weight vector apart.

    r   = sqrt(Σ_i v_i^2)               v, w: (n,), v not 0
    w_i = g v_i / r                     g: a scalar, the length of w
"""

import numpy as np

from symbackprop.layer import Layer


def weight_norm(v, g):
    r = np.sqrt(np.sum(v**2))
    w = g * v / r
    return w


LAYER = Layer(
    name="weight-norm",
    summary="weight normalisation: length and direction apart",
    forward=weight_norm,
    shapes={"v": ("n",), "g": ()},
    wrt=("v", "g"),
    source="Salimans and Kingma, Weight Normalization: A Simple Reparameterization to Accelerate "
    "Training of Deep Neural Networks (2016), section 2",
)
