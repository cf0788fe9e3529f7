"""A neural language model: three tokens before, embedded side by side, predict the next, t_i.

    e = rows s_i1, s_i2, s_i3 of E, side by side        E: (V, D), s: (N, 3), t: (N,), integers
    h = tanh(e W + b)                   e: (N, 3 D), W: (3 D, H), b, h: (H,), (N, H)
    y = softmax of each row of h U      U: (H, V), y: (N, V)
    L = -1/N Σ_i log y_i,t_i
"""

import numpy as np

from symbackprop.layer import Layer


def neural_lm(E, W, b, U, s, t):
    N = t.shape[0]
    e = E[s].reshape(N, -1)
    h = np.tanh(e @ W + b)
    a = h @ U
    y = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    L = -np.mean(np.log(y[np.arange(N), t]))
    return L


LAYER = Layer(
    name="neural-lm",
    summary="neural language model of three tokens",
    forward=neural_lm,
    shapes={
        "E": ("V", "D"), "W": ("3*D", "H"), "b": ("H",), "U": ("H", "V"), "s": ("N", 3),
        "t": ("N",),
    },
    wrt=("E", "W", "b", "U"),
    source="Bengio et al., A Neural Probabilistic Language Model (2003), section 2",
)
