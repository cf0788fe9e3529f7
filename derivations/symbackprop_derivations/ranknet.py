"""The RankNet cost of pairs of scores: t is 1 where x shall be above y, -1 below, 0 for a tie.

    d_i = sigma (x_i - y_i)             x, y, t, d: (n,), sigma: a scalar
    L   = Σ_i (1/2 (1 - t_i) d_i + log(1 + exp(-d_i)))
"""

import numpy as np

from symbackprop.layer import Layer


def ranknet(x, y, t, sigma):
    d = sigma * (x - y)
    L = np.sum(0.5 * (1 - t) * d + np.log(1 + np.exp(-d)))
    return L


LAYER = Layer(
    name="ranknet",
    summary="RankNet cost of pairs of scores",
    forward=ranknet,
    shapes={"x": ("n",), "y": ("n",), "t": ("n",), "sigma": ()},
    wrt=("x", "y"),
    data=("x", "y", "t"),
    source="Burges, From RankNet to LambdaRank to LambdaMART: An Overview (2010), section 2",
)
