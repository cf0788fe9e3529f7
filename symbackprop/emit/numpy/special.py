"""Nodes that only the NumPy emitter uses: functions that exist for the sake of rounding."""

from __future__ import annotations

from sympy import Expr


class LogAddExp(Expr):
    """log(exp(u) + exp(v)), computed without overflow."""

    __slots__ = ()
    is_commutative = True
    is_real = True

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)
