"""Feature-wise linear modulation: a condition scales and shifts the channels of every position.

    g = c Wg + bg                       c: (N, D), Wg and Wb: (D, C), bg and bb: (C,)
    b = c Wb + bb                       g, b: (N, C)
    y_nlc = g_nc x_nlc + b_nc           x, y: (N, L, C)
"""

from symbackprop.layer import Layer


def film(x, c, Wg, bg, Wb, bb):
    g = c @ Wg + bg
    b = c @ Wb + bb
    y = g[:, None, :] * x + b[:, None, :]
    return y


LAYER = Layer(
    name="film",
    summary="feature-wise linear modulation",
    forward=film,
    shapes={
        "x": ("N", "L", "C"), "c": ("N", "D"), "Wg": ("D", "C"), "bg": ("C",), "Wb": ("D", "C"),
        "bb": ("C",),
    },
    wrt=("x", "c", "Wg", "bg", "Wb", "bb"),
    source="Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer (2018), section "
    "2",
)
