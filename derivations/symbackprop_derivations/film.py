"""Feature-wise linear modulation: a condition scales and shifts the channels of every position.

    g = c W_g + b_g                       c: (N, D), W_g and W_b: (D, C), b_g and b_b: (C,)
    b = c W_b + b_b                       g, b: (N, C)
    y_nlc = g_nc x_nlc + b_nc           x, y: (N, L, C)
"""

from symbackprop.layer import Layer


def film(x, c, W_g, b_g, W_b, b_b):
    g = c @ W_g + b_g
    b = c @ W_b + b_b
    y = g[:, None, :] * x + b[:, None, :]
    return y


LAYER = Layer(
    name="film",
    summary="feature-wise linear modulation",
    forward=film,
    shapes={
        "x": ("N", "L", "C"), "c": ("N", "D"), "W_g": ("D", "C"), "b_g": ("C",), "W_b": ("D", "C"),
        "b_b": ("C",),
    },
    wrt=("x", "c", "W_g", "b_g", "W_b", "b_b"),
    source="Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer (2018), section "
    "2",
)
