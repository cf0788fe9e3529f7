"""The derivative rules of functions of matrices, each in terms of the function and of inverses."""

from __future__ import annotations

from symbackprop.algebra.matrices import Determinant, DetSign, Inverse, LogAbsDet
from symbackprop.algebra.nodes import Delta, Index, MatrixFunction
from symbackprop.algebra.poly import ONE, ZERO, Poly, atom
from symbackprop.algebra.registry import law
from symbackprop.errors import NotYet


def d_matrix_function(f: MatrixFunction, at: tuple[Index, ...]) -> Poly:
    """The derivative of f in the element `at` of its argument."""
    *lead, row, column = at
    same = ONE
    for i, j in zip(f.lead, lead, strict=True):
        same = same * (ONE if i == j else atom(Delta(i, j)))
    if isinstance(f, Inverse):
        return same * d_inverse(f, row, column)
    if isinstance(f, Determinant):
        return same * d_determinant(f, row, column)
    if isinstance(f, LogAbsDet):
        return same * d_log_determinant(f, row, column)
    if isinstance(f, DetSign):
        return ZERO
    raise NotYet(f"{type(f).__name__}: a function of matrices without a derivative rule")


@law
def d_inverse(f: Inverse, k: Index, m: Index) -> Poly:
    """∂(A⁻¹)_ij / ∂A_km = -(A⁻¹)_ik (A⁻¹)_mj"""
    i, j = f.indices
    return -(atom(Inverse(f.argument, i, k)) * atom(Inverse(f.argument, m, j)))


@law
def d_determinant(f: Determinant, k: Index, m: Index) -> Poly:
    """∂ det A / ∂A_km = det A (A⁻¹)_mk"""
    return atom(f) * atom(Inverse(f.argument, m, k))


@law
def d_log_determinant(f: LogAbsDet, k: Index, m: Index) -> Poly:
    """∂ log |det A| / ∂A_km = (A⁻¹)_mk"""
    return atom(Inverse(f.argument, m, k))
