"""A graph convolution: every node mixes the features of its neighbours.

    h = A x                             A: (N, N), the normalised adjacency; x, h: (N, D)
    z = h W                             W: (D, M), z, y: (N, M)
    y = max(z, 0)
"""

import numpy as np

from symbackprop.layer import Layer


def graph_convolution(A, x, W):
    h = A @ x
    z = h @ W
    y = np.maximum(z, 0)
    return y


LAYER = Layer(
    name="graph-convolution",
    summary="graph convolution",
    forward=graph_convolution,
    shapes={"A": ("N", "N"), "x": ("N", "D"), "W": ("D", "M")},
    wrt=("x", "W"),
    source="Kipf and Welling, Semi-Supervised Classification with Graph Convolutional Networks "
    "(2017), section 2",
)
