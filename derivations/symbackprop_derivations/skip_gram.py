"""Skip-gram with negative sampling: a centre word v, a true context u and K noise words w.

    p   = sigmoid(Σ_d u_d v_d)          v, u: (D,), w: (K, D)
    q_k = sigmoid(Σ_d w_kd v_d)         q: (K,)
    L   = -log p - Σ_k log(1 - q_k)
"""

import numpy as np

from symbackprop.layer import Layer


def skip_gram(v, u, w):
    p = 1 / (1 + np.exp(-(u @ v)))
    q = 1 / (1 + np.exp(-(w @ v)))
    L = -np.log(p) - np.sum(np.log(1 - q))
    return L


LAYER = Layer(
    name="skip-gram",
    summary="skip-gram with negative sampling",
    forward=skip_gram,
    shapes={"v": ("D",), "u": ("D",), "w": ("K", "D")},
    wrt=("v", "u", "w"),
    data=("v", "u", "w"),
    source="Mikolov et al., Distributed Representations of Words and Phrases and their "
    "Compositionality (2013), section 2.2; its gradients: Rong, word2vec Parameter Learning "
    "Explained (2014), section 3.2",
)
