"""The negative log-likelihood of classes, weighted: y holds log-probabilities, t one-hot targets.

    W = Σ_ik w_k t_ik                   y, t: (N, C), w: (C,), the weight of each class
    L = -Σ_ik w_k t_ik y_ik / W
"""

import numpy as np

from symbackprop.layer import Layer


def nll(y, t, w):
    W = np.sum(w * t)
    L = -np.sum(w * t * y) / W
    return L


LAYER = Layer(
    name="nll",
    summary="weighted negative log-likelihood of classes",
    forward=nll,
    shapes={"y": ("N", "C"), "t": ("N", "C"), "w": ("C",)},
    wrt=("y",),
    source="PyTorch documentation, torch.nn.NLLLoss",
)
