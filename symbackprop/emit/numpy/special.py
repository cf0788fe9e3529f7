"""Nodes that only the NumPy emitter uses: functions that exist for the sake of rounding."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.matrices import Determinant, Inverse


class _Function(Expr):
    __slots__ = ()
    is_commutative = True
    is_real = True


class LogAddExp(_Function):
    """log(exp(u) + exp(v)), computed without overflow."""

    __slots__ = ()

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)


class Log1p(_Function):
    """log(1 + u), computed without adding the 1."""

    __slots__ = ()

    def __new__(cls, u: Expr) -> Expr:
        return Expr.__new__(cls, u)


class Expm1(_Function):
    """exp(u) - 1, computed without cancellation."""

    __slots__ = ()

    def __new__(cls, u: Expr) -> Expr:
        return Expr.__new__(cls, u)


class ExpRest(_Function):
    """exp(u) - 1 - u, computed without cancellation."""

    __slots__ = ()

    def __new__(cls, u: Expr) -> Expr:
        return Expr.__new__(cls, u)


class SumRest(_Function):
    """(u + v) - fl(u + v): what is lost where u + v is rounded; 0 where that is not small."""

    __slots__ = ()

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)


class BalancedDeterminant(Determinant):
    """det A, computed from rows and columns of one size."""

    __slots__ = ()


class BalancedInverse(Inverse):
    """(A⁻¹)_ij, computed from rows and columns of one size."""

    __slots__ = ()
