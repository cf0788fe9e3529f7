"""The policy gradient loss (REINFORCE): a_i is the action that was taken, r_i its return.

    p = softmax of each row of z        z, p: (N, A), a: (N,), integers
    L = -1/N Σ_i r_i log p_i,a_i        r: (N,)
"""

import numpy as np

from symbackprop.layer import Layer


def policy_gradient(z, a, r):
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    L = -np.mean(r * np.log(p[np.arange(z.shape[0]), a]))
    return L


LAYER = Layer(
    name="policy-gradient",
    summary="policy gradient loss",
    forward=policy_gradient,
    shapes={"z": ("N", "A"), "a": ("N",), "r": ("N",)},
    wrt=("z",),
    source="Williams, Simple Statistical Gradient-Following Algorithms for Connectionist "
    "Reinforcement Learning (1992); Sutton and Barto, Reinforcement Learning (2018), "
    "section 13.3",
)
