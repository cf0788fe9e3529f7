"""The correlation of two samples.

    a_i = x_i - mean of x, b_i = y_i - mean of y        x, y, a, b: (n,), neither constant
    r = sqrt(Σ_i a_i^2), s = sqrt(Σ_i b_i^2)
    c = Σ_i a_i b_i / (r s)
"""

import numpy as np

from symbackprop.layer import Layer


def pearson(x, y):
    a = x - np.mean(x)
    b = y - np.mean(y)
    r = np.sqrt(np.sum(a**2))
    s = np.sqrt(np.sum(b**2))
    c = np.sum(a * b) / (r * s)
    return c


LAYER = Layer(
    name="pearson",
    summary="correlation of two samples",
    forward=pearson,
    shapes={"x": ("n",), "y": ("n",)},
    wrt=("x", "y"),
    data=("x", "y"),
    source="Rodgers and Nicewander, Thirteen Ways to Look at the Correlation Coefficient (1988), "
    "section 1",
)
