"""Skip-gram with negative sampling, by labels: N centre words c, contexts o, K noise words z each.

    a_n  = Σ_d v_c_n,d u_o_n,d          v, u: (V, D), c, o: (N,), z: (N, K), integers
    b_nk = Σ_d v_c_n,d u_z_nk,d         a: (N,), b: (N, K)
    L    = Σ_n log(1 + exp(-a_n)) + Σ_nk log(1 + exp(b_nk))
"""

import numpy as np

from symbackprop.layer import Layer


def word2vec(v, u, c, o, z):
    a = np.sum(v[c] * u[o], axis=1)
    b = np.einsum("nd,nkd->nk", v[c], u[z])
    L = np.sum(np.log(1 + np.exp(-a))) + np.sum(np.log(1 + np.exp(b)))
    return L


LAYER = Layer(
    name="word2vec",
    summary="skip-gram with negative sampling, by table look-up",
    forward=word2vec,
    shapes={"v": ("V", "D"), "u": ("V", "D"), "c": ("N",), "o": ("N",), "z": ("N", "K")},
    wrt=("v", "u"),
    source="Mikolov et al., Distributed Representations of Words and Phrases and their "
    "Compositionality (2013), section 2.2; its gradients: Rong, word2vec Parameter "
    "Learning Explained (2014), section 3.2",
)
