"""The root mean squared error of predictions y against targets t.

    L = sqrt(1/n Σ_i (y_i - t_i)^2)     y, t: (n,), not equal
"""

import numpy as np

from symbackprop.layer import Layer


def rmse(y, t):
    L = np.sqrt(np.mean((y - t) ** 2))
    return L


LAYER = Layer(
    name="rmse",
    summary="root mean squared error",
    forward=rmse,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Hyndman and Koehler, Another Look at Measures of Forecast Accuracy (2006), section 2.1",
)
