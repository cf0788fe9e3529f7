"""A relaxed sample of a category: softmax of noisy scores at a temperature.

    z_k = (a_k + g_k) / tau             a, g, z, y: (n,), g: Gumbel noise
    y_k = exp(z_k) / Σ_j exp(z_j)       tau: a scalar, the temperature
"""

import numpy as np

from symbackprop.layer import Layer


def gumbel_softmax(a, g, tau):
    z = (a + g) / tau
    y = np.exp(z) / np.sum(np.exp(z))
    return y


LAYER = Layer(
    name="gumbel-softmax",
    summary="relaxed sample of a category",
    forward=gumbel_softmax,
    shapes={"a": ("n",), "g": ("n",), "tau": ()},
    wrt=("a",),
    data=("a", "g"),
    source="Jang, Gu and Poole, Categorical Reparameterization with Gumbel-Softmax (2017), section "
    "2",
)
