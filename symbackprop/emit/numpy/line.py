"""An assignment of the generated code."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr

from symbackprop.algebra.nodes import Array, Index

# The upstream gradient of a scalar output; no array of a user has such a name.
DOUT = Array("~dout")


@dataclass(frozen=True)
class Line:
    """`array[indices] = expr`."""

    array: Array
    indices: tuple[Index, ...]
    expr: Expr
