"""Derivatives that are not worked out yet: they stand in steps, never in a result."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.nodes import Element, Real


class Partial(Real):
    """∂u/∂x_k: the derivative of an expression, all arrays but x held fixed."""

    __slots__ = ()

    def __new__(cls, expr: Expr, element: Element) -> Partial:
        return Expr.__new__(cls, expr, element)  # type: ignore[no-any-return]

    @property
    def expr(self) -> Expr:
        return self.args[0]

    @property
    def element(self) -> Element:
        return self.args[1]  # type: ignore[no-any-return]


class Slope(Partial):
    """∂y_j/∂x_k of a definition y, which stands for the derivative of what defines it."""

    __slots__ = ()
