"""A quadratic form.

    L = Σ_ij x_i A_ij x_j               x: (n,), A: (n, n), not necessarily symmetric
"""

from symbackprop.layer import Layer


def quadratic_form(x, A):
    L = x @ A @ x
    return L


LAYER = Layer(
    name="quadratic-form",
    summary="quadratic form of a square matrix",
    forward=quadratic_form,
    shapes={"x": ("n",), "A": ("n", "n")},
    wrt=("x", "A"),
    data=("x",),
    source="Petersen and Pedersen, The Matrix Cookbook (2012), section 2.4",
)
