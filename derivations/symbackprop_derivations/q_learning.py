"""The loss of deep Q-learning: the value of the action taken, a_i, should be the target y_i.

    d_i = q_i,a_i - y_i                 q: (N, A), a: (N,), integers, y, d: (N,)
    L   = 1/(2N) Σ_i d_i^2
"""

import numpy as np

from symbackprop.layer import Layer


def q_learning(q, a, y):
    d = q[np.arange(q.shape[0]), a] - y
    L = np.mean(d**2) / 2
    return L


LAYER = Layer(
    name="q-learning",
    summary="loss of deep Q-learning",
    forward=q_learning,
    shapes={"q": ("N", "A"), "a": ("N",), "y": ("N",)},
    wrt=("q",),
    source="Mnih et al., Human-level control through deep reinforcement learning (2015), "
    "equations 1 and 2",
)
