"""The divergence of a Gaussian of mean m and log-variance w from the standard Gaussian.

    L = -1/2 Σ_i (1 + w_i - m_i^2 - exp(w_i))           m, w: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def vae_kl(m, w):
    L = -0.5 * np.sum(1 + w - m**2 - np.exp(w))
    return L


LAYER = Layer(
    name="vae-kl",
    summary="divergence of a Gaussian code from the prior",
    forward=vae_kl,
    shapes={"m": ("n",), "w": ("n",)},
    wrt=("m", "w"),
    data=("m", "w"),
    source="Kingma and Welling, Auto-Encoding Variational Bayes (2014), appendix B",
)
