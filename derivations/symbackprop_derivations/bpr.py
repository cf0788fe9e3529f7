"""Bayesian personalised ranking: the user u prefers the item i to the item j.

    x = Σ_f u_f (i_f - j_f)             u, i, j: (K,)
    L = log(1 + exp(-x)) + lam (Σ u^2 + Σ i^2 + Σ j^2)      lam: a scalar
"""

import numpy as np

from symbackprop.layer import Layer


def bpr(u, i, j, lam):
    x = u @ (i - j)
    L = np.log(1 + np.exp(-x)) + lam * (np.sum(u**2) + np.sum(i**2) + np.sum(j**2))
    return L


LAYER = Layer(
    name="bpr",
    summary="Bayesian personalised ranking",
    forward=bpr,
    shapes={"u": ("K",), "i": ("K",), "j": ("K",), "lam": ()},
    wrt=("u", "i", "j"),
    data=("u", "i", "j"),
    source="Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian Personalized Ranking "
    "from Implicit Feedback (2009), section 4.3",
)
