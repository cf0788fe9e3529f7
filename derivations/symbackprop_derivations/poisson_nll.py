"""The negative log-likelihood of counts t whose rates are exp(x), without its constant.

    L = 1/n Σ_i (exp(x_i) - t_i x_i)    x, t: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def poisson_nll(x, t):
    L = np.mean(np.exp(x) - t * x)
    return L


LAYER = Layer(
    name="poisson-nll",
    summary="Poisson negative log-likelihood of log-rates",
    forward=poisson_nll,
    shapes={"x": ("n",), "t": ("n",)},
    wrt=("x",),
    data=("x", "t"),
    source="McCullagh and Nelder, Generalized Linear Models (1989), section 6.2",
)
