"""A language model of pairs of tokens: row s_i of a table scores the token t_i that follows s_i.

    a_ij = W_s_i,j                      W: (V, V), s, t: (N,), integers
    y    = softmax of each row of a     a, y: (N, V)
    L    = -1/N Σ_i log y_i,t_i
"""

import numpy as np

from symbackprop.layer import Layer


def bigram(W, s, t):
    a = W[s]
    y = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    L = -np.mean(np.log(y[np.arange(t.shape[0]), t]))
    return L


LAYER = Layer(
    name="bigram",
    summary="language model of pairs of tokens",
    forward=bigram,
    shapes={"W": ("V", "V"), "s": ("N",), "t": ("N",)},
    wrt=("W",),
    source="Karpathy, Neural Networks: Zero to Hero (2022), makemore",
)
