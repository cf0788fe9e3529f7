"""The NumPy code of a single expression."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr

from symbackprop.algebra.nodes import Index
from symbackprop.emit.numpy.lower import Lowering
from symbackprop.emit.numpy.names import identifier


def numpy_expression(expr: Expr, indices: Sequence[Index], array_shape: Sequence[Expr]) -> str:
    """One line of NumPy for an array of this shape, over variables with the names of the arrays.

    indices: one for each axis that is not of size 1. Sizes are variables too.

    Raises NotYet for an expression that has no NumPy form.
    """
    lowering = Lowering(lambda array: identifier(array.name), lambda size: identifier(str(size)))
    return str(lowering.assigned(expr, indices, array_shape))
