"""Low-rank adaptation of an affine layer: W stays as it is, A and B are learned.

    h = x A                             x: (N, D), A: (D, R), h: (N, R)
    y = x W + alpha/R h B               W: (D, M), B: (R, M), y: (N, M), alpha: a scalar
"""

from symbackprop.layer import Layer


def lora(x, W, A, B, alpha):
    h = x @ A
    y = x @ W + alpha / A.shape[1] * (h @ B)
    return y


LAYER = Layer(
    name="lora",
    summary="low-rank adaptation of an affine layer",
    forward=lora,
    shapes={"x": ("N", "D"), "W": ("D", "M"), "A": ("D", "R"), "B": ("R", "M"), "alpha": ()},
    wrt=("x", "A", "B"),
    source="Hu et al., LoRA: Low-Rank Adaptation of Large Language Models (2022), section 4.1",
)
