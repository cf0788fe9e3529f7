"""The Jensen-Shannon divergence of two distributions.

    m_k = 1/2 (p_k + q_k)               p, q, m: (n,), p and q positive
    L   = 1/2 Σ_k (p_k (log p_k - log m_k) + q_k (log q_k - log m_k))

The gradient in p is 1/2 log(p/m): what m adds cancels.
"""

import numpy as np

from symbackprop.layer import Layer


def jensen_shannon(p, q):
    m = 0.5 * (p + q)
    L = 0.5 * np.sum(p * (np.log(p) - np.log(m)) + q * (np.log(q) - np.log(m)))
    return L


LAYER = Layer(
    name="jensen-shannon",
    summary="Jensen-Shannon divergence of two distributions",
    forward=jensen_shannon,
    shapes={"p": ("n",), "q": ("n",)},
    wrt=("p", "q"),
    domain=("p > 0", "q > 0"),
    data=("p", "q"),
    source="Lin, Divergence Measures Based on the Shannon Entropy (1991), section 4",
)
