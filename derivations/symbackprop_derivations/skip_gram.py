"""Skip-gram with negative sampling: a centre word v, a true context u and K noise words w.

    a   = Σ_d u_d v_d                   v, u: (D,), w: (K, D)
    b_k = Σ_d w_kd v_d                  b: (K,)
    L   = log(1 + exp(-a)) + Σ_k log(1 + exp(b_k))

These are -log sigmoid(a) and -log sigmoid(-b).
"""

import numpy as np

from symbackprop.layer import Layer


def skip_gram(v, u, w):
    a = u @ v
    b = w @ v
    L = np.log(1 + np.exp(-a)) + np.sum(np.log(1 + np.exp(b)))
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
