"""The log-cosh loss: squared for small errors, linear for large ones.

    L = 1/n Σ_i log(cosh(y_i - t_i))    y, t: (n,)
"""

import numpy as np

from symbackprop.layer import Layer


def log_cosh(y, t):
    L = np.mean(np.log(np.cosh(y - t)))
    return L


LAYER = Layer(
    name="log-cosh",
    summary="log-cosh loss",
    forward=log_cosh,
    shapes={"y": ("n",), "t": ("n",)},
    wrt=("y",),
    data=("y", "t"),
    source="Keras documentation, keras.losses.LogCosh",
)
