"""The cosine of the angle between two vectors.

    r = sqrt(Σ_i x_i^2)                 x, y: (n,), neither of them 0
    s = sqrt(Σ_i y_i^2)
    c = Σ_i x_i y_i / (r s)
"""

import numpy as np

from symbackprop.layer import Layer


def cosine_similarity(x, y):
    r = np.sqrt(np.sum(x**2))
    s = np.sqrt(np.sum(y**2))
    c = np.sum(x * y) / (r * s)
    return c


LAYER = Layer(
    name="cosine-similarity",
    summary="cosine of the angle between two vectors",
    forward=cosine_similarity,
    shapes={"x": ("n",), "y": ("n",)},
    wrt=("x", "y"),
    data=("x", "y"),
    source="Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), section "
    "6.3.1",
)
