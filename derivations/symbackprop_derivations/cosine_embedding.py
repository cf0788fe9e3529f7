"""The cosine embedding loss of two vectors that are alike (t = 1) or not (t = -1).

    r = sqrt(Σ_i x_i^2)                 x, y: (n,), neither of them 0
    s = sqrt(Σ_i y_i^2)
    c = Σ_i x_i y_i / (r s)
    L = (1 + t)/2 (1 - c) + (1 - t)/2 max(0, c - m)     t: a scalar, m: a scalar, the margin
"""

import numpy as np

from symbackprop.layer import Layer


def cosine_embedding(x, y, t, m):
    r = np.sqrt(np.sum(x**2))
    s = np.sqrt(np.sum(y**2))
    c = np.sum(x * y) / (r * s)
    L = (1 + t) / 2 * (1 - c) + (1 - t) / 2 * np.maximum(0, c - m)
    return L


LAYER = Layer(
    name="cosine-embedding",
    summary="cosine embedding loss",
    forward=cosine_embedding,
    shapes={"x": ("n",), "y": ("n",), "t": (), "m": ()},
    wrt=("x", "y"),
    data=("x", "y", "t"),
    source="PyTorch documentation, torch.nn.CosineEmbeddingLoss",
)
