"""The negative log-likelihood of classes, weighted: y holds log-probabilities, t the classes.

    W = Σ_i w_t_i                       y: (N, C), t: (N,), integers
    L = -Σ_i w_t_i y_i,t_i / W          w: (C,), the weight of each class
"""

import numpy as np

from symbackprop.layer import Layer


def nll_labels(y, t, w):
    W = np.sum(w[t])
    L = -np.sum(w[t] * y[np.arange(y.shape[0]), t]) / W
    return L


LAYER = Layer(
    name="nll-labels",
    summary="weighted negative log-likelihood, targets are classes",
    forward=nll_labels,
    shapes={"y": ("N", "C"), "t": ("N",), "w": ("C",)},
    wrt=("y",),
    source="PyTorch documentation, torch.nn.NLLLoss",
)
