"""The Dice loss of a soft segmentation y against a mask t.

    i = Σ_j y_j t_j                     y, t: (n,), not both 0 everywhere
    u = Σ_j y_j^2 + Σ_j t_j^2
    L = 1 - 2 i / u
"""

import numpy as np

from symbackprop.layer import Layer


def dice(y, t):
    i = np.sum(y * t)
    u = np.sum(y**2) + np.sum(t**2)
    L = 1 - 2 * i / u
    return L


LAYER = Layer(
    name="dice",
    summary="Dice loss of a segmentation",
    forward=dice,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Milletari, Navab and Ahmadi, V-Net: Fully Convolutional Neural Networks for Volumetric "
    "Medical Image Segmentation (2016), section 3",
)
