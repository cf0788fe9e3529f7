"""The Tversky loss of a soft segmentation y against a mask t.

    i = Σ_j y_j t_j                                             y, t: (n,)
    d = i + alpha Σ_j y_j (1 - t_j) + beta Σ_j (1 - y_j) t_j    alpha, beta: scalars
    L = 1 - i / d
"""

import numpy as np

from symbackprop.layer import Layer


def tversky(y, t, alpha, beta):
    i = np.sum(y * t)
    d = i + alpha * np.sum(y * (1 - t)) + beta * np.sum((1 - y) * t)
    L = 1 - i / d
    return L


LAYER = Layer(
    name="tversky",
    summary="Tversky loss of a segmentation",
    forward=tversky,
    shapes={"y": ("n",), "t": ("n",), "alpha": (), "beta": ()},
    wrt=("y",),
    data=("y", "t"),
    source="Salehi, Erdogmus and Gholipour, Tversky Loss Function for Image Segmentation Using 3D "
    "Fully Convolutional Deep Networks (2017), section 2",
)
