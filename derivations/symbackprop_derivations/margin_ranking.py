"""The margin ranking loss of pairs: x should be above y where t = 1, below where t = -1.

    d_i = m - t_i (x_i - y_i)           x, y, t, d: (n,), m: a scalar, the margin
    L   = 1/n Σ_i max(0, d_i)
"""

import numpy as np

from symbackprop.layer import Layer


def margin_ranking(x, y, t, m):
    d = m - t * (x - y)
    L = np.mean(np.maximum(0, d))
    return L


LAYER = Layer(
    name="margin-ranking",
    summary="margin ranking loss of pairs",
    forward=margin_ranking,
    shapes={"x": ("n",), "y": ("n",), "t": ("n",), "m": ()},
    wrt=("x", "y"),
    data=("x", "y", "t"),
    source="PyTorch documentation, torch.nn.MarginRankingLoss",
)
