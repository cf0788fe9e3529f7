"""The partial likelihood of Cox's model: samples by falling time, so that those before are at risk.

    S_i = Σ_j≤i exp(h_j)                h, e, S: (N,); e_i = 1 for an event, 0 for a censored one
    L   = -Σ_i e_i (h_i - log S_i)
"""

import numpy as np

from symbackprop.layer import Layer


def cox(h, e):
    S = np.cumsum(np.exp(h))
    L = -np.sum(e * (h - np.log(S)))
    return L


LAYER = Layer(
    name="cox",
    summary="negative partial likelihood of Cox's model",
    forward=cox,
    shapes={"h": ("N",), "e": ("N",)},
    wrt=("h",),
    source="Cox, Regression Models and Life-Tables (1972); Katzman et al., DeepSurv (2018), "
    "equation 4",
)
