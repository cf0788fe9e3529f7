"""The divergence of a Gaussian (mean m, variance v) from another (mean a, variance b).

    L = 1/2 Σ_i (log(b_i/v_i) + (v_i + (m_i - a_i)^2)/b_i - 1)      all: (n,), v, b positive
"""

import numpy as np

from symbackprop.layer import Layer


def gaussian_kl(m, v, a, b):
    L = 0.5 * np.sum(np.log(b / v) + (v + (m - a) ** 2) / b - 1)
    return L


LAYER = Layer(
    name="gaussian-kl",
    summary="divergence of two Gaussians",
    forward=gaussian_kl,
    shapes={"m": ("n",), "v": ("n",), "a": ("n",), "b": ("n",)},
    wrt=("m", "v", "a", "b"),
    domain=("v > 0", "b > 0"),
    data=("m", "v", "a", "b"),
    source="Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), appendix A.5",
)
