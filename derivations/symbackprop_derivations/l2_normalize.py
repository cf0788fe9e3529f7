"""A vector scaled to length 1.

    r   = sqrt(Σ_i x_i^2)               x, y: (n,), x not 0
    y_i = x_i / r

The gradient is the part of the upstream gradient at right angles to y, over r.
"""

import numpy as np

from symbackprop.layer import Layer


def l2_normalize(x):
    r = np.sqrt(np.sum(x**2))
    y = x / r
    return y


LAYER = Layer(
    name="l2-normalize",
    summary="a vector scaled to length 1",
    forward=l2_normalize,
    shapes={"x": ("n",)},
    wrt=("x",),
    data=("x",),
    source="Wang, Xiang, Cheng and Yuille, NormFace: L2 Hypersphere Embedding for Face "
    "Verification (2017), section 3",
)
