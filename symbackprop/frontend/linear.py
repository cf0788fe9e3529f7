"""Linear algebra: inverses, determinants and Cholesky factors of square matrices.

Matrices are the last two axes of an array. A function of them stays whole, as a definition of its
own: its argument gets a name, and so does what it gives. `solve(A, b)` is A⁻¹ b; generated code
need not form the inverse for it.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Expr, log, sign

from symbackprop.algebra.matrices import (
    Cholesky,
    Determinant,
    DetSign,
    Inverse,
    LogAbsDet,
    of_matrix,
)
from symbackprop.algebra.nodes import MatrixFunction
from symbackprop.errors import InputError, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.contractions import matmul
from symbackprop.frontend.elementwise import unary
from symbackprop.frontend.shaping import swapaxes
from symbackprop.frontend.value import Indices, Value, numeric, shown

ARGUMENT = "M"
"""The name of an argument that has none."""
OF_ARGUMENT = "{}_inv"
"""The name of an inverse that has none, by that of its argument."""


class SlogdetResult(tuple[Any, Any]):
    """What np.linalg.slogdet returns: (sign, logabsdet).

    Not a NamedTuple, whose own variables would give the values their names.
    """

    __slots__ = ()

    @property
    def sign(self) -> Any:
        return self[0]

    @property
    def logabsdet(self) -> Any:
        return self[1]


def _square(x: Any) -> Value:
    """The value of a square matrix, or of a stack of them.

    Raises:
        ShapeError: not square. InputError: not computed from an input.
    """
    value = numeric(x)
    if value.rank < 2 or value.shape[-1] != value.shape[-2]:
        raise ShapeError(f"shape {shown(value.shape)} is not that of a square matrix")
    if not value.depends:
        raise InputError("a matrix of constants; compute it from an input")
    return value


def _whole(value: Value, cls: type[MatrixFunction], axes: int) -> Value:
    """The function of a matrix, with so many of the matrix's axes."""
    value.wish = value.wish or ARGUMENT
    stack = value.shape[:-2]

    def rule(indices: Indices) -> Expr:
        assert value.array is not None, "an argument is named before its function"
        lead = [i for i in indices[: len(stack)] if i is not None]
        return cls(of_matrix(value.array, lead), *(i for i in indices[len(stack) :] if i))

    return Value((*stack, *value.shape[value.rank - axes :]), (value,), rule)


def _once(value: Value, cls: type[MatrixFunction], wish: str) -> Value:
    """The matrix that the function gives, the same at every call."""
    if cls not in value.functions:
        value.functions[cls] = named(_whole(value, cls, 2), wish)
    return value.functions[cls]


def _single(value: Value, build: Any) -> Value:
    """A function of matrices of size 1 by 1, by their one element."""
    return Value(value.shape[:-2], (value,), lambda ix: build(value.at((*ix, None, None))))


def inv(a: Any) -> Value:
    """The inverse of a square matrix; one for all uses of an array: (Aᵀ)⁻¹ = (A⁻¹)ᵀ."""
    value = _square(a)
    if value.shape[-1] == 1:
        return unary(written.reciprocal)(value)
    if value.transposed is not None:
        return swapaxes(inv(value.transposed), -1, -2)
    return _once(value, Inverse, OF_ARGUMENT)


def cholesky(a: Any, *, upper: Any = False) -> Value:
    """L of A = L Lᵀ, or Lᵀ; one for all uses of an array."""
    value = _square(a)
    if value.shape[-1] == 1:
        return unary(written.root)(value)
    factor = _once(value, Cholesky, "{}_chol")
    return swapaxes(factor, -1, -2) if upper else factor


def det(a: Any) -> Value:
    """The determinant."""
    value = _square(a)
    if value.shape[-1] == 1:
        return _single(value, lambda u: u)
    return named(_whole(value, Determinant, 0), "{}_det")


def slogdet(a: Any) -> SlogdetResult:
    """The sign and the logarithm of the absolute value of the determinant."""
    value = _square(a)
    if value.shape[-1] == 1:
        size = _single(value, lambda u: log(Abs(u, evaluate=False), evaluate=False))
        return SlogdetResult((_single(value, lambda u: sign(u, evaluate=False)), size))
    direction = named(_whole(value, DetSign, 0), "{}_sign")
    return SlogdetResult((direction, named(_whole(value, LogAbsDet, 0), "{}_logdet")))


def named(value: Value, wish: str) -> Value:
    """The value, with the name it gets where the user gave it none."""
    value.wish = wish
    return value


def solve(a: Any, b: Any) -> Value:
    """A⁻¹ b, for a vector b or the columns of a matrix."""
    matrix, right = _square(a), numeric(b)
    if right.rank == 0:
        raise ShapeError("the right-hand side is a scalar; it should be a vector or a matrix")
    if right.shape[-2 if right.rank > 1 else -1] != matrix.shape[-1]:
        raise ShapeError(
            f"shapes {shown(matrix.shape)} and {shown(right.shape)} do not fit together"
        )
    return matmul(inv(matrix), right)
