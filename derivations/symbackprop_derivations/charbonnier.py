"""The Charbonnier loss, a smooth absolute error.

    s_i = sqrt((y_i - t_i)^2 + eps^2)   y, t, s: (n,)
    L   = Σ_i s_i                       eps: a positive scalar
"""

import numpy as np

from symbackprop.layer import Layer


def charbonnier(y, t, eps):
    s = np.sqrt((y - t) ** 2 + eps**2)
    L = np.sum(s)
    return L


LAYER = Layer(
    name="charbonnier",
    summary="smooth absolute error",
    forward=charbonnier,
    shapes={"y": ("n",), "t": ("n",), "eps": ()},
    wrt=("y",),
    domain=("eps > 0",),
    data=("y", "t"),
    source="Charbonnier, Blanc-Féraud, Aubert and Barlaud, Two Deterministic Half-Quadratic "
    "Regularization Algorithms for Computed Imaging (1994)",
)
