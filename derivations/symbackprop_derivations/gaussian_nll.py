"""The negative log-likelihood of t under Gaussians of mean m and variance v, less a constant.

    L = 1/n Σ_i 1/2 (log v_i + (t_i - m_i)^2 / v_i)     m, v, t: (n,), v positive
"""

import numpy as np

from symbackprop.layer import Layer


def gaussian_nll(m, v, t):
    L = np.mean(0.5 * (np.log(v) + (t - m) ** 2 / v))
    return L


LAYER = Layer(
    name="gaussian-nll",
    summary="Gaussian negative log-likelihood, predicted variance",
    forward=gaussian_nll,
    shapes={"m": ("n",), "v": ("n",), "t": ("n",)},
    wrt=("m", "v"),
    domain=("v > 0",),
    data=("m", "v", "t"),
    source="Nix and Weigend, Estimating the Mean and Variance of the Target Probability "
    "Distribution (1994)",
)
