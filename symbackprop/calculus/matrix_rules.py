"""The derivative rules of functions of matrices, each in terms of the function and of inverses."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.algebra.matrices import (
    Cholesky,
    CholeskyInverse,
    Determinant,
    DetSign,
    Inverse,
    LogAbsDet,
)
from symbackprop.algebra.nodes import Delta, Index, MatrixFunction, fresh_index
from symbackprop.algebra.poly import ONE, ZERO, Poly, atom
from symbackprop.algebra.positions import compared
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import build, sum_over
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
    if isinstance(f, Cholesky):
        return same * d_cholesky(f, row, column)
    raise NotYet(f"{type(f).__name__}: a function of matrices without a derivative rule")


@law
def d_inverse(f: Inverse, k: Index, m: Index) -> Poly:
    """∂(A⁻¹)_ij / ∂A_km = -(A⁻¹)_ik (A⁻¹)_mj"""
    i, j = f.indices
    return -(atom(Inverse(f.argument, i, k)) * atom(Inverse(f.argument, m, j)))


@law
def d_cholesky(f: Cholesky, k: Index, m: Index) -> Poly:
    """dL = L Φ(L⁻¹ dA L⁻ᵀ), with Φ the lower triangle and half of the diagonal

    ∂L_ij / ∂A_km = Σ_p L_ip ([p > j] + δ_pj/2) (L⁻¹_pk L⁻¹_jm + L⁻¹_pm L⁻¹_jk)/2, the elements
    of A independent. (Murray 2016, Differentiation of the Cholesky decomposition.)
    """
    i, j = f.indices
    p = fresh_index(j.size)
    lower = build("iverson", (compared("gt", p, j),)) + atom(Delta(p, j)).scale(Fraction(1, 2))

    def inverse(*at: Index) -> Poly:
        return atom(CholeskyInverse(f.argument, *at))

    change = inverse(p, k) * inverse(j, m) + inverse(p, m) * inverse(j, k)
    whole = atom(Cholesky(f.argument, i, p)) * lower * change
    return sum_over(whole.scale(Fraction(1, 2)), (p,))


@law
def d_determinant(f: Determinant, k: Index, m: Index) -> Poly:
    """∂ det A / ∂A_km = det A (A⁻¹)_mk"""
    return atom(f) * atom(Inverse(f.argument, m, k))


@law
def d_log_determinant(f: LogAbsDet, k: Index, m: Index) -> Poly:
    """∂ log |det A| / ∂A_km = (A⁻¹)_mk"""
    return atom(Inverse(f.argument, m, k))
