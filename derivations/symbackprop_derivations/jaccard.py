"""The soft Jaccard (intersection over union) loss of a segmentation y against a mask t.

    i = Σ_j y_j t_j                     y, t: (n,)
    u = Σ_j (y_j + t_j - y_j t_j)
    L = 1 - i / u
"""

import numpy as np

from symbackprop.layer import Layer


def jaccard(y, t):
    i = np.sum(y * t)
    u = np.sum(y + t - y * t)
    L = 1 - i / u
    return L


LAYER = Layer(
    name="jaccard",
    summary="intersection over union of a segmentation",
    forward=jaccard,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Rahman and Wang, Optimizing Intersection-Over-Union in Deep Neural Networks for Image "
    "Segmentation (2016), section 2",
)
