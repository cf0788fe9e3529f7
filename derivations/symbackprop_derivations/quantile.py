"""The quantile (pinball) loss: y predicts the quantile q of t.

    r_i = t_i - y_i                     y, t, r: (n,)
    L   = 1/n Σ_i max(q r_i, (q - 1) r_i)   q: a scalar between 0 and 1
"""

import numpy as np

from symbackprop.layer import Layer


def quantile(y, t, q):
    r = t - y
    L = np.mean(np.where(r > 0, q * r, (q - 1) * r))
    return L


LAYER = Layer(
    name="quantile",
    summary="quantile (pinball) loss",
    forward=quantile,
    shapes={"y": ("n",), "t": ("n",), "q": ()},
    wrt=("y",),
    data=("y", "t"),
    source="Koenker and Bassett, Regression Quantiles (1978), section 3",
)
