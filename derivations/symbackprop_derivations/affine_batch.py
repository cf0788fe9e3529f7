"""An affine (fully connected) layer for a batch of N samples, one in each row.

    z = x W + b                         x: (N, D), W: (D, M), b: (M,), z: (N, M)

The bias is added to every row, so its gradient is the sum of the upstream gradient over rows.
"""

from symbackprop.layer import Layer


def affine_batch(x, W, b):
    z = x @ W + b
    return z


LAYER = Layer(
    name="affine-batch",
    summary="affine (fully connected) layer, a batch of samples",
    forward=affine_batch,
    shapes={"x": ("N", "D"), "W": ("D", "M"), "b": ("M",)},
    wrt=("x", "W", "b"),
    source="Deep Learning from Scratch (2016), section 5.6.2, affine layer for batches",
)
