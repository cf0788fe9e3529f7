"""An autoencoder with tied weights and the mean squared error.

    a = x W + b                         x, y: (N, D), W: (D, H), b: (H,), a, h: (N, H)
    h = sigmoid(a)
    y = h Wᵀ + c                        c: (D,)
    L = 1/N Σ_ij (y_ij - x_ij)^2

The weights get a gradient from the encoder and from the decoder.
"""

import numpy as np

from symbackprop.layer import Layer


def autoencoder(x, W, b, c):
    a = x @ W + b
    h = 1 / (1 + np.exp(-a))
    y = h @ W.T + c
    L = np.sum((y - x) ** 2) / x.shape[0]
    return L


LAYER = Layer(
    name="autoencoder",
    summary="autoencoder with tied weights",
    forward=autoencoder,
    shapes={"x": ("N", "D"), "W": ("D", "H"), "b": ("H",), "c": ("D",)},
    wrt=("W", "b", "c"),
    source="Vincent et al., Stacked Denoising Autoencoders (2010), section 2.2",
)
