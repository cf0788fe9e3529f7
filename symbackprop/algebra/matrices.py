"""Functions of square matrices that are defined by a law: inverse, determinant, logarithm of it.

Stacks of matrices are allowed: the matrices are the last two axes, the others are free.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.algebra.nodes import Array, Element, Index, MatrixFunction


class Inverse(MatrixFunction):
    """(A⁻¹)_ij, of a matrix that is not singular."""

    __slots__ = ()


class Determinant(MatrixFunction):
    """det A, of a matrix that is not singular (its law divides by the determinant)."""

    __slots__ = ()


class LogAbsDet(MatrixFunction):
    """log |det A|: np.linalg.slogdet(A)[1]."""

    __slots__ = ()


class DetSign(MatrixFunction):
    """The sign of det A: np.linalg.slogdet(A)[0]."""

    __slots__ = ()


class Cholesky(MatrixFunction):
    """L_ij of A = L Lᵀ: lower triangular with a positive diagonal, for a positive definite A.

    Of a matrix that is not symmetric it is the factor of (A + Aᵀ)/2.
    """

    __slots__ = ()


class CholeskyInverse(MatrixFunction):
    """(L⁻¹)_ij of the Cholesky factor L of A: in a derivative, until it gets its name."""

    __slots__ = ()


def of_matrix(array: Array, lead: Sequence[Index]) -> Element:
    """The argument of a matrix function: the array with the standing indices of its matrices."""
    rows, columns = array.axes[-2:]
    return array[(*lead, Index("\u00b7row", rows), Index("\u00b7column", columns))]
