"""The Kullback-Leibler divergence of a distribution q from a distribution p.

    L = Σ_k p_k (log p_k - log q_k)     p, q: (n,), both positive
"""

import numpy as np

from symbackprop.layer import Layer


def kl_divergence(p, q):
    L = np.sum(p * (np.log(p) - np.log(q)))
    return L


LAYER = Layer(
    name="kl-divergence",
    summary="Kullback-Leibler divergence of two distributions",
    forward=kl_divergence,
    shapes={"p": ("n",), "q": ("n",)},
    wrt=("p", "q"),
    domain=("p > 0", "q > 0"),
    data=("p", "q"),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 3.13",
)
