"""Formulas as plain text for docstrings: y[k] = exp(a[k])/sum_j(exp(a[j]))."""

from __future__ import annotations

from dataclasses import replace

from sympy import Basic, Expr, S

from symbackprop.algebra.reading import Product, product
from symbackprop.emit.numpy.special import Expm1, ExpRest, Log1p, LogAddExp, SumRest
from symbackprop.emit.text_expr import ASCII, ATOM, SUM, TextPrinter

_SIGNS = replace(ASCII, power="**", comma=", ", open_sums=False)
_CALLS: dict[type[Basic], str] = {
    Expm1: "expm1", ExpRest: "exp_rest", Log1p: "log1p", LogAddExp: "logaddexp",
    SumRest: "sum_rest",
}  # fmt: skip


class _Plain(TextPrinter):
    """Prints what NumPy's users read: x**2, y[j, k], sums in parentheses."""

    def _print(self, expr: Basic) -> tuple[str, int]:
        if expr in (S.Infinity, S.NegativeInfinity):  # what a mask leaves out of a maximum
            return ("inf", ATOM) if expr == S.Infinity else ("-inf", SUM)
        return super()._print(expr)

    def _atom(self, expr: Basic) -> str:
        if type(expr) in _CALLS:
            return f"{_CALLS[type(expr)]}({', '.join(self.show(a) for a in expr.args)})"
        return super()._atom(expr)


class _Computed(_Plain):
    """Prints a sum of sums as it is added up: (1 - t[k]) - s."""

    def _terms(self, expr: Expr) -> list[Product]:
        return [product(term) for term in expr.args]


def plain(expr: Basic) -> str:
    """The expression on one line, its terms and factors in their order."""
    return _Plain(_SIGNS).show(expr)


def computed(expr: Basic) -> str:
    """The same for a form of an expression that keeps its digits: the order of sums matters."""
    return _Computed(_SIGNS).show(expr)
