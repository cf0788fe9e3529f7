"""Cross-entropy at a temperature against the soft targets of a teacher.

    y_k = exp(a_k/T) / Σ_j exp(a_j/T)   a, y, t: (n,)
    L   = -T^2 Σ_k t_k log y_k          T: a scalar, the temperature

The soft targets sum to 1; the factor T^2 keeps the size of the gradients.
"""

import numpy as np

from symbackprop.layer import Layer


def distillation(a, t, T):
    z = a / T
    y = np.exp(z) / np.sum(np.exp(z))
    L = -(T**2) * np.sum(t * np.log(y))
    return L


LAYER = Layer(
    name="distillation",
    summary="cross-entropy at a temperature against soft targets",
    forward=distillation,
    shapes={"a": ("n",), "t": ("n",), "T": ()},
    wrt=("a",),
    assume=("sum(t) == 1",),
    data=("a", "t"),
    source="Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network (2015), section "
    "2",
)
