"""A gated linear unit whose two maps share one matrix.

    z    = x W + b                      x: (N, D), W: (D, 2 H), b: (2 H,), z: (N, 2 H)
    u, v = the halves of z
    s    = sigmoid(v)
    y    = u s                          u, v, s, y: (N, H)
"""

import numpy as np

from symbackprop.layer import Layer


def glu_split(x, W, b):
    z = x @ W + b
    u, v = np.split(z, 2, axis=1)
    s = 1 / (1 + np.exp(-v))
    y = u * s
    return y


LAYER = Layer(
    name="glu-split",
    summary="gated linear unit with one matrix",
    forward=glu_split,
    shapes={"x": ("N", "D"), "W": ("D", "2*H"), "b": ("2*H",)},
    wrt=("x", "W", "b"),
    source="Dauphin et al., Language Modeling with Gated Convolutional Networks (2017), "
    "section 3; PyTorch documentation, torch.nn.GLU",
)
