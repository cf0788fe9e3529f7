"""The log-likelihood of one sample of a multivariate normal distribution.

    r = x - mu
    z = S⁻¹ r
    L = -(r·z + log |det S| + n log 2π) / 2
                                        x, mu: (n,); S: (n, n), a covariance
"""

import numpy as np

from symbackprop.layer import Layer


def gaussian_log_likelihood(x, mu, S):
    r = x - mu
    z = np.linalg.solve(S, r)
    L = -0.5 * (r @ z + np.linalg.slogdet(S)[1] + len(x) * np.log(2 * np.pi))
    return L


LAYER = Layer(
    name="gaussian-log-likelihood",
    summary="log-likelihood of a multivariate normal distribution",
    forward=gaussian_log_likelihood,
    shapes={"x": ("n",), "mu": ("n",), "S": ("n", "n")},
    wrt=("x", "mu", "S"),
    data=("x",),
    assume=("S == S.T",),
    source="Petersen and Pedersen, The Matrix Cookbook (2012), equations 57, 61, 85 and 86",
)
