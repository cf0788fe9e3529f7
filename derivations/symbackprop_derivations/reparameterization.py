"""The reparameterised sample of a Gaussian of mean m and log-variance w.

    s_i = exp(w_i/2)                    m, w, e, s, z: (n,), e: standard Gaussian noise
    z_i = m_i + s_i e_i
"""

import numpy as np

from symbackprop.layer import Layer


def reparameterization(m, w, e):
    s = np.exp(w / 2)
    z = m + s * e
    return z


LAYER = Layer(
    name="reparameterization",
    summary="reparameterised sample of a Gaussian",
    forward=reparameterization,
    shapes={"m": ("n",), "w": ("n",), "e": ("n",)},
    wrt=("m", "w"),
    data=("m", "w", "e"),
    source="Kingma and Welling, Auto-Encoding Variational Bayes (2014), section 2.4",
)
