"""A soft mixture of E linear experts.

    g = softmax of each row of x G      x: (N, D), G: (D, E), g: (N, E)
    f_nem = Σ_d x_nd W_dem              W: (D, E, M), f: (N, E, M)
    y_nm  = Σ_e g_ne f_nem              y: (N, M)
"""

import numpy as np

from symbackprop.layer import Layer


def mixture_of_experts(x, G, W):
    a = x @ G
    g = np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
    f = np.einsum("nd,dem->nem", x, W)
    y = np.einsum("ne,nem->nm", g, f)
    return y


LAYER = Layer(
    name="mixture-of-experts",
    summary="soft mixture of linear experts",
    forward=mixture_of_experts,
    shapes={"x": ("N", "D"), "G": ("D", "E"), "W": ("D", "E", "M")},
    wrt=("x", "G", "W"),
    source="Jacobs, Jordan, Nowlan and Hinton, Adaptive Mixtures of Local Experts (1991)",
)
