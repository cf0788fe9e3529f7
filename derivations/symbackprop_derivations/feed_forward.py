"""The position-wise feed-forward network of a transformer, for N tokens.

    a = x W1 + b1                       x: (N, D), W1: (D, H), b1: (H,), a and h: (N, H)
    h = max(a, 0)
    y = h W2 + b2                       W2: (H, D), b2: (D,), y: (N, D)
"""

import numpy as np

from symbackprop.layer import Layer


def feed_forward(x, W1, b1, W2, b2):
    a = x @ W1 + b1
    h = np.maximum(a, 0)
    y = h @ W2 + b2
    return y


LAYER = Layer(
    name="feed-forward",
    summary="feed-forward network of a transformer",
    forward=feed_forward,
    shapes={"x": ("N", "D"), "W1": ("D", "H"), "b1": ("H",), "W2": ("H", "D"), "b2": ("D",)},
    wrt=("x", "W1", "b1", "W2", "b2"),
    source="Vaswani et al., Attention Is All You Need (2017), section 3.3",
)
