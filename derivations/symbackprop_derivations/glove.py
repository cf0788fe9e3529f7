"""The GloVe loss of word vectors w and context vectors c.

    e_ij = Σ_d w_id c_jd + a_i + b_j - log x_ij     w: (N, D), c: (M, D), a: (N,), b: (M,)
    L    = Σ_ij f_ij e_ij^2                         x, f, e: (N, M), x positive

x counts how often two words occur together; f is the weight of the pair.
"""

import numpy as np

from symbackprop.layer import Layer


def glove(w, c, a, b, x, f):
    e = w @ c.T + a[:, None] + b - np.log(x)
    L = np.sum(f * e**2)
    return L


LAYER = Layer(
    name="glove",
    summary="GloVe loss of word vectors",
    forward=glove,
    shapes={
        "w": ("N", "D"), "c": ("M", "D"), "a": ("N",), "b": ("M",), "x": ("N", "M"),
        "f": ("N", "M"),
    },
    wrt=("w", "c", "a", "b"),
    domain=("x > 0",),
    source="Pennington, Socher and Manning, GloVe: Global Vectors for Word Representation (2014), "
    "section 3",
)
