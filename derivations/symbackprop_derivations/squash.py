"""The squashing of a capsule: direction is kept, the length becomes less than 1.

    r   = sqrt(Σ_i s_i^2)               s, v: (n,), s not 0
    v_i = r^2 / (1 + r^2) s_i / r
"""

import numpy as np

from symbackprop.layer import Layer


def squash(s):
    r = np.sqrt(np.sum(s**2))
    v = r**2 / (1 + r**2) * s / r
    return v


LAYER = Layer(
    name="squash",
    summary="squashing of a capsule",
    forward=squash,
    shapes={"s": ("n",)},
    wrt=("s",),
    data=("s",),
    source="Sabour, Frosst and Hinton, Dynamic Routing Between Capsules (2017), section 2",
)
