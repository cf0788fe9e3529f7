"""Scaled dot-product attention with an additive mask: L queries look at S keys.

    s = q kᵀ / sqrt(K) + m              q: (L, K), k: (S, K), v: (S, V), m: (L, S)
    p = softmax of each row of s        s, p: (L, S)
    o = p v                             o: (L, V)

The mask m is 0 where a query may look and far below 0 elsewhere: above the diagonal for a causal
mask. A key that is masked out has p = 0 and gets no gradient.
"""

import numpy as np

from symbackprop.layer import Layer


def masked_attention(q, k, v, m):
    s = q @ k.T / np.sqrt(q.shape[1]) + m
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    o = p @ v
    return o


LAYER = Layer(
    name="masked-attention",
    summary="scaled dot-product attention with a mask",
    forward=masked_attention,
    shapes={"q": ("L", "K"), "k": ("S", "K"), "v": ("S", "V"), "m": ("L", "S")},
    wrt=("q", "k", "v"),
    source="Vaswani et al., Attention Is All You Need (2017), section 3.2.3; its backward pass: "
    "Dao et al., FlashAttention (2022), appendix B.2",
)
