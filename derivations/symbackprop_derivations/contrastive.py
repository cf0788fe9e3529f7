"""The contrastive loss of two embeddings that are alike (t = 0) or not (t = 1).

    d = sqrt(Σ_i (x_i - y_i)^2)         x, y: (n,), different; t: a scalar
    L = (1 - t) 1/2 d^2 + t 1/2 max(0, m - d)^2     m: a scalar, the margin
"""

import numpy as np

from symbackprop.layer import Layer


def contrastive(x, y, t, m):
    d = np.sqrt(np.sum((x - y) ** 2))
    L = (1 - t) * 0.5 * d**2 + t * 0.5 * np.maximum(0, m - d) ** 2
    return L


LAYER = Layer(
    name="contrastive",
    summary="contrastive loss of two embeddings",
    forward=contrastive,
    shapes={"x": ("n",), "y": ("n",), "t": (), "m": ()},
    wrt=("x", "y"),
    data=("x", "y", "t"),
    source="Hadsell, Chopra and LeCun, Dimensionality Reduction by Learning an Invariant Mapping "
    "(2006), section 2",
)
