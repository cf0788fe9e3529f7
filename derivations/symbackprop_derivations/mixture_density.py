"""The negative log-likelihood of a number t under a mixture of K Gaussians, less a constant.

    w = log softmax of a                a, m, s, w, q: (K,); m: means, s: log-deviations
    q_k = w_k - s_k - 1/2 ((t - m_k) / exp(s_k))^2      t: a scalar
    L = -log Σ_k exp(q_k)

With the responsibilities r = softmax of q and the priors p = softmax of a, the gradient of a is
p - r.
"""

import numpy as np

from symbackprop.layer import Layer


def mixture_density(a, m, s, t):
    p = np.exp(a) / np.sum(np.exp(a))
    e = (t - m) / np.exp(s)
    q = np.log(p) - s - 0.5 * e**2
    L = -np.log(np.sum(np.exp(q)))
    return L


LAYER = Layer(
    name="mixture-density",
    summary="likelihood under a mixture of Gaussians",
    forward=mixture_density,
    shapes={"a": ("K",), "m": ("K",), "s": ("K",), "t": ()},
    wrt=("a", "m", "s"),
    data=("a", "m", "s", "t"),
    source="Bishop, Mixture Density Networks (1994)",
)
