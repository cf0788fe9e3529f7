"""Addition, the simplest node of a computational graph.

    z_i = x_i + y_i                     x, y, z: (n,)

The upstream gradient goes to both inputs unchanged.
"""

from symbackprop.layer import Layer


def add(x, y):
    z = x + y
    return z


LAYER = Layer(
    name="add",
    summary="addition of two arrays: passes the upstream gradient on",
    forward=add,
    shapes={"x": ("n",), "y": ("n",)},
    wrt=("x", "y"),
    data=("x", "y"),
    source="Deep Learning from Scratch (2016), section 5.3.1, backward pass of an addition node",
)
