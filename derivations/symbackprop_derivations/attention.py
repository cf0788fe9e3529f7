"""Scaled dot-product attention: L queries look at S keys.

    s = q kᵀ / sqrt(K)                  q: (L, K), k: (S, K), v: (S, V)
    p = softmax of each row of s        s, p: (L, S)
    o = p v                             o: (L, V)

The probabilities p are kept for the backward pass.
"""

import numpy as np

from symbackprop.layer import Layer


def attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    o = p @ v
    return o


LAYER = Layer(
    name="attention",
    summary="scaled dot-product attention",
    forward=attention,
    shapes={"q": ("L", "K"), "k": ("S", "K"), "v": ("S", "V")},
    wrt=("q", "k", "v"),
    source="Vaswani et al., Attention Is All You Need (2017), equation 1; its backward pass: Dao "
    "et al., FlashAttention (2022), appendix B.2",
)
