"""Additive attention: the state s of a decoder looks at T annotations h.

    z   = s W + h U                     s: (S,), h: (T, H), W: (S, A), U: (H, A)
    u   = tanh(z)                       z, u: (T, A)
    e   = u v                           v: (A,), e and p: (T,)
    p   = softmax of e
    c_j = Σ_t p_t h_tj                  c: (H,), the context
"""

import numpy as np

from symbackprop.layer import Layer


def additive_attention(s, h, W, U, v):
    z = s @ W + h @ U
    u = np.tanh(z)
    e = u @ v
    p = np.exp(e) / np.sum(np.exp(e))
    c = p @ h
    return c


LAYER = Layer(
    name="additive-attention",
    summary="additive attention",
    forward=additive_attention,
    shapes={"s": ("S",), "h": ("T", "H"), "W": ("S", "A"), "U": ("H", "A"), "v": ("A",)},
    wrt=("s", "h", "W", "U", "v"),
    source="Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and "
    "Translate (2015), section 3.1 and appendix A.1.2",
)
