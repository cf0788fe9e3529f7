"""The lines of an `aligned` block: equations, facts, remarks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from sympy import Expr

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Index
from symbackprop.calculus.result import Fact
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_matrix import MatrixPrinter
from symbackprop.emit.latex_names import Names, escape
from symbackprop.emit.to_matrix import to_matrix, wants_matrix

_MACROS = "|".join(re.escape(f.macro) for f in TABLE)
_FUNCTION = re.compile(rf"{_MACROS}|\\(sqrt|max|min|left\||left\[)")
_SIGNS = {
    r"\mathbf{1}": "is a column of ones",
    r"\mathbf{I}": "is the identity matrix",
    r"\odot": "multiplies elementwise",
    r"\oslash": "divides elementwise",
}


class Lines:
    """Collects the lines of one block in one notation."""

    def __init__(self, names: Names, notation: str) -> None:
        self.names = names
        self.printer = LatexPrinter(names)
        self.matrices = MatrixPrinter(self.printer)
        self.prefers_matrix = wants_matrix(notation)
        self.uses_matrix = False
        self.lines: list[str] = []

    def right(self, expr: Expr, free: tuple[Index, ...]) -> tuple[str, bool]:
        """A right side, and whether it is in matrix notation."""
        whole = to_matrix(expr, free) if self.prefers_matrix else None
        if whole is None:
            return self.printer.show(expr), False
        self.uses_matrix |= bool(free) or any(True for _ in expr.atoms(Index))
        return self.matrices.show(whole), True

    def equation(self, element: str, whole: str, expr: Expr, free: tuple[Index, ...]) -> None:
        """`element = expr`, or `whole = expr` in matrix notation."""
        text, is_whole = self.right(expr, free)
        self.lines.append(f"{whole if is_whole else element} &= {text}")

    def gap(self) -> None:
        """Some space before the next line."""
        if self.lines:
            self.lines[-1] += "\0"

    def facts(self, facts: Iterable[Fact]) -> None:
        """`using Σ_k t_k = 1 (assumed)`, one line for each fact."""
        for fact in facts:
            source = "assumed" if fact.declared else "follows from the definitions"
            self.lines.append(
                rf"& \text{{using }} {self._fact(fact)} \quad \text{{({source})}}"
            )

    def _fact(self, fact: Fact) -> str:
        free = tuple(dict.fromkeys((*free_indices(fact.left), *free_indices(fact.right))))
        if self.prefers_matrix and len(free) <= 1:
            left, right = to_matrix(fact.left, free), to_matrix(fact.right, free)
            if left is not None and right is not None:
                self.uses_matrix = True
                return f"{self.matrices.show(left)} = {self.matrices.show(right)}"
        return f"{self.printer.show(fact.left)} = {self.printer.show(fact.right)}"

    def remark(self, text: str) -> None:
        """A sentence, over several lines if it is long."""
        for line in textwrap.wrap(text, 80):
            self.lines.append(f"& {prose(line)}")

    def _conventions(self) -> None:
        body = "\n".join(self.lines)
        text = r"\text{where vectors are columns"
        if _FUNCTION.search(body):
            text += ", functions act elementwise"
        for sign, meaning in _SIGNS.items():
            if sign in body:
                text += rf", }} {sign} \text{{ {meaning}"
        self.lines.append(f"& {text}}}")

    def block(self) -> str:
        r"""The whole `aligned` block."""
        if self.uses_matrix:
            self._conventions()
        ends = [r" \\[6pt]" if line.endswith("\0") else r" \\" for line in self.lines[:-1]]
        body = "\n".join(
            line.removesuffix("\0") + end
            for line, end in zip(self.lines, [*ends, ""], strict=True)
        )
        return "\\begin{aligned}\n" + body + "\n\\end{aligned}"


def prose(text: str) -> str:
    r"""A sentence as \text, the signs < > | outside it (in OT1 text they print as others)."""
    signs = {"<=": r"\le", ">=": r"\ge", "<": "<", ">": ">", "|": "|"}
    parts = re.split("(<=|>=|<|>|[|])", text)
    return " ".join(signs.get(p) or rf"\text{{{escape(p)}}}" for p in parts if p)
