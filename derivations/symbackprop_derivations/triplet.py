"""The triplet loss of an anchor a, a positive p and a negative n, all of them embeddings.

    d = Σ_i (a_i - p_i)^2 - Σ_i (a_i - n_i)^2 + m       a, p, n: (D,), m: a scalar, the margin
    L = max(0, d)
"""

import numpy as np

from symbackprop.layer import Layer


def triplet(a, p, n, m):
    d = np.sum((a - p) ** 2) - np.sum((a - n) ** 2) + m
    L = np.maximum(0, d)
    return L


LAYER = Layer(
    name="triplet",
    summary="triplet loss of embeddings",
    forward=triplet,
    shapes={"a": ("D",), "p": ("D",), "n": ("D",), "m": ()},
    wrt=("a", "p", "n"),
    data=("a", "p", "n"),
    source="Schroff, Kalenichenko and Philbin, FaceNet: A Unified Embedding for Face Recognition "
    "and Clustering (2015), section 3.1",
)
