"""The large margin cosine loss: c holds cosines, t classes; the right cosine must win by m.

    z_ij = s (c_ij - m [j = t_i])       c, z, y: (N, C), t: (N,), integers
    y    = softmax of each row of z     m, s: scalars
    L    = -1/N Σ_i log y_i,t_i
"""

import numpy as np

from symbackprop.layer import Layer


def cosface(c, t, m, s):
    N, C = c.shape
    z = s * (c - m * (np.arange(C) == t[:, None]))
    y = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    L = -np.mean(np.log(y[np.arange(N), t]))
    return L


LAYER = Layer(
    name="cosface",
    summary="large margin cosine loss",
    forward=cosface,
    shapes={"c": ("N", "C"), "t": ("N",), "m": (), "s": ()},
    wrt=("c",),
    source="Wang et al., CosFace: Large Margin Cosine Loss for Deep Face Recognition (2018), "
    "equation 4",
)
