"""Dropout with a given mask m of zeros and ones.

    y_i = m_i x_i / (1 - p)             x, m, y: (n,), p: a scalar, the share dropped, below 1
"""

from symbackprop.layer import Layer


def dropout(x, m, p):
    y = m * x / (1 - p)
    return y


LAYER = Layer(
    name="dropout",
    summary="dropout with a given mask",
    forward=dropout,
    shapes={"x": ("n",), "m": ("n",), "p": ()},
    wrt=("x",),
    data=("x", "m"),
    source="Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting "
    "(2014), section 10",
)
