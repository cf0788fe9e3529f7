"""An embedding: row t_i of a table for each token t_i.

    y_ij = E_t_i,j                      E: (V, D), t: (N,), integers, y: (N, D)

A row gets the sum of the gradients of all tokens that look it up.
"""

from symbackprop.layer import Layer


def embedding(E, t):
    y = E[t]
    return y


LAYER = Layer(
    name="embedding",
    summary="embedding look-up",
    forward=embedding,
    shapes={"E": ("V", "D"), "t": ("N",)},
    wrt=("E",),
    source="PyTorch documentation, torch.nn.Embedding; Deep Learning from Scratch 2 (2018), "
    "section 4.1",
)
