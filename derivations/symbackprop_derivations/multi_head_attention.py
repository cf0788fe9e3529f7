"""Multi-head self-attention over T tokens, with H heads of size K.

    q_thk = Σ_d x_td W_q_dhk, and so k from W_k, v from W_v        x: (T, D), W: (D, H, K)
    s_hti = Σ_k q_thk k_ihk / sqrt(K)                           s, p: (H, T, T)
    p     = softmax of each row of s
    o_thk = Σ_i p_hti v_ihk                                     o: (T, H, K)
    y_td  = Σ_hk o_thk W_o_hkd                                   W_o: (H, K, D), y: (T, D)

The weights keep an axis for the heads, which saves reshaping.
"""

import numpy as np

from symbackprop.layer import Layer


def multi_head_attention(x, W_q, W_k, W_v, W_o):
    q = np.einsum("td,dhk->thk", x, W_q)
    k = np.einsum("td,dhk->thk", x, W_k)
    v = np.einsum("td,dhk->thk", x, W_v)
    s = np.einsum("thk,ihk->hti", q, k) / np.sqrt(q.shape[2])
    p = np.exp(s) / np.sum(np.exp(s), axis=2, keepdims=True)
    o = np.einsum("hti,ihk->thk", p, v)
    y = np.einsum("thk,hkd->td", o, W_o)
    return y


LAYER = Layer(
    name="multi-head-attention",
    summary="multi-head self-attention",
    forward=multi_head_attention,
    shapes={
        "x": ("T", "D"), "W_q": ("D", "H", "K"), "W_k": ("D", "H", "K"), "W_v": ("D", "H", "K"),
        "W_o": ("H", "K", "D"),
    },
    wrt=("x", "W_q", "W_k", "W_v", "W_o"),
    source="Vaswani et al., Attention Is All You Need (2017), section 3.2.2; the backward pass of "
    "a head: Dao et al., FlashAttention (2022), appendix B.2",
)
