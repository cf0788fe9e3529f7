"""A factorization machine: a linear model with all pairwise interactions.

    s_f = Σ_i x_i v_if                                          x, w: (D,), v: (D, K), s: (K,)
    y   = b + Σ_i w_i x_i + 1/2 Σ_f (s_f^2 - Σ_i x_i^2 v_if^2)  b: a scalar

The gradient of v_if is x_i s_f - v_if x_i^2.
"""

import numpy as np

from symbackprop.layer import Layer


def factorization_machine(x, w, v, b):
    s = x @ v
    y = b + x @ w + 0.5 * np.sum(s**2 - x**2 @ v**2)
    return y


LAYER = Layer(
    name="factorization-machine",
    summary="linear model with pairwise interactions",
    forward=factorization_machine,
    shapes={"x": ("D",), "w": ("D",), "v": ("D", "K"), "b": ()},
    wrt=("w", "v", "b"),
    data=("x",),
    source="Rendle, Factorization Machines (2010), section III",
)
