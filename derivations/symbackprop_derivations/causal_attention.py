"""Causal scaled dot-product attention: each of T tokens looks at itself and those before it.

    a = q kᵀ / sqrt(K)                  q, k: (T, K), v: (T, V), a, s, p: (T, T)
    s = a on and below the diagonal, far below 0 above it
    p = softmax of each row of s
    o = p v                             o: (T, V)

What is masked out has p = 0 and gets no gradient.
"""

import numpy as np

from symbackprop.layer import Layer


def causal_attention(q, k, v):
    T, K = q.shape
    a = q @ k.T / np.sqrt(K)
    s = np.where(np.arange(T)[:, None] >= np.arange(T), a, -1e30)
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    o = p @ v
    return o


LAYER = Layer(
    name="causal-attention",
    summary="scaled dot-product attention with a causal mask",
    forward=causal_attention,
    shapes={"q": ("T", "K"), "k": ("T", "K"), "v": ("T", "V")},
    wrt=("q", "k", "v"),
    source="Vaswani et al., Attention Is All You Need (2017), section 3.2.3; its backward "
    "pass: Dao et al., FlashAttention (2022), appendix B.2",
)
