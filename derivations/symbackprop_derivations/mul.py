"""Multiplication, element by element.

    z_i = x_i y_i                       x, y, z: (n,)

The upstream gradient is multiplied by the other input: the inputs change places.
"""

from symbackprop.layer import Layer


def mul(x, y):
    z = x * y
    return z


LAYER = Layer(
    name="mul",
    summary="elementwise multiplication: the inputs change places",
    forward=mul,
    shapes={"x": ("n",), "y": ("n",)},
    wrt=("x", "y"),
    data=("x", "y"),
    source="Deep Learning from Scratch (2016), section 5.3.2, backward pass of a product node",
)
