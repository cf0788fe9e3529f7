"""An affine (fully connected) layer for one sample.

    y = x W + b                         x: (D,), W: (D, M), b and y: (M,)

The gradient of W is the outer product of the input and the upstream gradient.
"""

from symbackprop.layer import Layer


def affine(x, W, b):
    y = x @ W + b
    return y


LAYER = Layer(
    name="affine",
    summary="affine (fully connected) layer, one sample",
    forward=affine,
    shapes={"x": ("D",), "W": ("D", "M"), "b": ("M",)},
    wrt=("x", "W", "b"),
    data=("x",),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.5.4, algorithm 6.4",
)
