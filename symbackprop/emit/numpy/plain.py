"""Formulas as plain text for docstrings: y[k] = exp(a[k])/sum_j(exp(a[j]))."""

from __future__ import annotations

from typing import Any

from sympy import Basic
from sympy.printing.str import StrPrinter

from symbackprop.algebra.functions import BY_CLASS


class _Plain(StrPrinter):
    def _print_Element(self, expr: Any) -> str:
        return str(expr._sympystr(self))

    def _print_IndexSum(self, expr: Any) -> str:
        return self._reduction("sum", expr)

    def _print_IndexMax(self, expr: Any) -> str:
        return self._reduction("max", expr)

    def _print_IndexProduct(self, expr: Any) -> str:
        return self._reduction("prod", expr)

    def _reduction(self, name: str, expr: Any) -> str:
        return f"{name}_{','.join(i.name for i in expr.bound)}({self._print(expr.body)})"

    def _print_Function(self, expr: Any) -> str:
        known = BY_CLASS.get(type(expr))
        name = known.head if known and known.smooth else type(expr).__name__
        return f"{name}({self.stringify(expr.args, ', ')})"

    def _print_Delta(self, expr: Any) -> str:
        return f"delta[{', '.join(map(str, expr.indices))}]"

    def _print_Iverson(self, expr: Any) -> str:
        return f"[{self._print(expr.condition)}]"

    def _print_Where(self, expr: Any) -> str:
        return f"where({self.stringify(expr.args, ', ')})"

    def _print_Equality(self, expr: Any) -> str:
        return f"{self._print(expr.lhs)} == {self._print(expr.rhs)}"

    def _print_Log1p(self, expr: Any) -> str:
        return f"log1p({self._print(expr.args[0])})"

    def _print_Maximum(self, expr: Any) -> str:
        return f"max({self.stringify(expr.args, ', ')})"

    def _print_Minimum(self, expr: Any) -> str:
        return f"min({self.stringify(expr.args, ', ')})"


def plain(expr: Basic) -> str:
    """The expression on one line, its terms and factors in their order."""
    return str(_Plain({"order": "none"}).doprint(expr))
