"""The labels of a graph: expressions with readable indices, as text and as LaTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Basic, Expr, log

from symbackprop.algebra.functions import BY_HEAD
from symbackprop.algebra.matrices import Cholesky, Determinant, DetSign, Inverse, LogAbsDet
from symbackprop.algebra.nodes import Element, Index
from symbackprop.algebra.program import Program
from symbackprop.algebra.reading import Product
from symbackprop.calculus.result import Backward
from symbackprop.emit.latex_expr import SCRIPT, LatexPrinter, group
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import Formula
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter
from symbackprop.graph import operations as op
from symbackprop.graph.letters import Letters
from symbackprop.graph.operations import Operation

_SIGNS = {
    op.ADD: ("+", "+", "+"), op.SUBTRACT: ("−", "-", "-"), op.MULTIPLY: ("×", "x", r"\times"),
    op.DIVIDE: ("/", "/", "/"), op.SUM: ("Σ", "sum", r"\Sigma"), op.PRODUCT: ("Π", "prod", r"\Pi"),
    op.SAME: ("=", "=", "="), op.DOT: ("dot", "dot", r"\mathrm{dot}"),
    op.CHOICE: ("if", "if", r"\mathrm{if}"),
}  # fmt: skip
_EXTREMES = {op.LARGEST: "max", op.LARGER: "max", op.SMALLER: "min"}
_OF_MATRIX = {
    Inverse: "inv", Determinant: "det", DetSign: "sign det", LogAbsDet: "log det",
    Cholesky: "chol",
}  # fmt: skip


_TALL = re.compile(r"\\(frac|sum|prod|left|begin|max|min)")


_ROUND = re.compile(r"(?<![\w.])10{6,}(?![\w.])")  # a mask of -1e30 is not read digit by digit


def _power_of_ten(match: re.Match[str]) -> str:
    return f"1e{len(match[0]) - 1}"


class Latex(LatexPrinter):
    r"""Exponentials as \exp(x), as their nodes are called; no space before low parentheses."""

    def _exp(self, expr: Expr) -> tuple[str, int]:
        return r"\exp" + self._enclosed(expr), SCRIPT

    def _log(self, expr: Expr) -> tuple[str, int]:
        text, level = super()._log(expr)
        return (r"\log" + self._enclosed(expr), SCRIPT) if level == SCRIPT else (text, level)

    def _closed(self, expr: Expr) -> str:
        return r"\log" + self._enclosed(expr) if isinstance(expr, log) else super()._closed(expr)

    def _tail_length(self, read: Product, coefficient: bool) -> int:  # type: ignore[override]
        r"""A derivative stands beside a fraction, not in its numerator."""
        count = 0
        for factor in reversed(read.numerator):
            if not (isinstance(factor, Element) and self.names.is_partial(factor.array)):
                break
            count += 1
        return count or super()._tail_length(read, coefficient)

    def _enclosed(self, expr: Expr) -> str:
        text = self.show(expr.args[0])
        return group(text) if _TALL.search(text) else f"({text})"


@dataclass(frozen=True)
class Labels:
    """Prints what belongs to one derivation, with the names that its graph has."""

    backward: Backward
    program: Program

    @cached_property
    def latex(self) -> LatexPrinter:
        return Latex(names_for(replace(self.backward, program=self.program)))

    @cached_property
    def texts(self) -> tuple[TextPrinter, TextPrinter]:
        return TextPrinter(UNICODE), TextPrinter(ASCII)

    @cached_property
    def taken(self) -> frozenset[str]:
        """The names that no index gets."""
        arrays = [*(s.array for s in self.backward.steps), *self.backward.upstream]
        return self.latex.names.taken | {a.name for a in arrays if a is not None}

    @cached_property
    def letters(self) -> Letters:
        arrays = (*self.program.inputs, *(d.array for d in self.program.definitions))
        return Letters(arrays, self.taken)

    def formula(self, expr: Basic, indices: tuple[Index, ...] = ()) -> Formula:
        """An expression, or a condition."""
        shown = self.letters.put(expr, indices)
        text, plain = (_ROUND.sub(_power_of_ten, p.show(shown)) for p in self.texts)
        tex = _ROUND.sub(lambda m: f"10^{{{len(m[0]) - 1}}}", self.latex.show(shown))
        return Formula(text, plain, tex)

    def equation(self, left: Expr, right: Expr, indices: tuple[Index, ...] = ()) -> Formula:
        return equal(self.formula(left, indices), self.formula(right, indices))


def equal(one: Formula, two: Formula) -> Formula:
    """An equation."""
    return Formula(*(
        f"{getattr(one, form)} = {getattr(two, form)}" for form in ("text", "ascii", "latex")
    ))  # fmt: skip


def sign(operation: Operation) -> Formula:
    """What stands in the circle of an operation."""
    kind = operation.kind
    if kind in _SIGNS:
        return Formula(*_SIGNS[kind])
    if kind in _EXTREMES:
        name = _EXTREMES[kind]
        return Formula(name, name, rf"\{name}")
    if kind == op.POWER:
        return _power(operation.exponent)
    if kind == op.MATRIX:
        assert operation.whole is not None
        name = _OF_MATRIX[type(operation.whole)]
        return Formula(name, name, rf"\mathrm{{{name.replace(' ', chr(92) + ' ')}}}")
    if kind == "abs":
        return Formula("abs", "abs", r"\mathrm{abs}")
    return Formula(kind, kind, BY_HEAD[kind].macro)


def _power(exponent: Expr) -> Formula:
    """A root, a power; a power whose exponent is an operand too."""
    if exponent == 1:
        return Formula("^", "^", r"\mathrm{pow}")
    if 2 * exponent == 1:
        return Formula("√", "sqrt", r"\sqrt{\ }")
    text = str(exponent)
    return Formula(f"^{text}", f"^{text}", rf"(\ )^{{{text}}}")
