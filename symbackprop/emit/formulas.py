"""Expressions, arrays and shapes as formulas: in text, in ASCII and in LaTeX at once."""

from __future__ import annotations

from sympy import Basic, Expr

from symbackprop.algebra.letters import free_indices, names_of
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.spelling import shape_text
from symbackprop.calculus.result import Fact
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_matrix import MatrixPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.lettering import spelled
from symbackprop.emit.matrix import Node
from symbackprop.emit.page import Equation, Formula
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter
from symbackprop.emit.text_matrix import TextMatrixPrinter
from symbackprop.emit.to_matrix import to_matrix, wants_matrix


class Formulas:
    """Makes the formulas of one page; notation: "index" or "matrix" (InputError for others).

    uses_matrix: whether one of them is in whole-array notation.
    """

    def __init__(self, names: Names, notation: str = "index") -> None:
        self.names = names
        self.texts = TextPrinter(UNICODE), TextPrinter(ASCII)
        self.latex = LatexPrinter(names)
        self._text_matrices = tuple(map(TextMatrixPrinter, self.texts))
        self._latex_matrix = MatrixPrinter(self.latex)
        self.prefers_matrix = wants_matrix(notation)
        self.uses_matrix = False

    def show(self, expr: Basic) -> Formula:
        """An expression in index notation."""
        text, ascii_ = (printer.show(expr) for printer in self.texts)
        return Formula(text, ascii_, self.latex.show(expr))

    def whole(self, node: Node) -> Formula:
        """An expression in whole-array notation."""
        text, ascii_ = (printer.show(node) for printer in self._text_matrices)
        return Formula(text, ascii_, self._latex_matrix.show(node))

    def element(self, array: Array, subscripts: tuple[Expr, ...]) -> Formula:
        """`y[k]`; an adjoint is `dy[k]` in text and ∂L/∂y_k in LaTeX."""
        text, ascii_ = (printer.element(array, subscripts) for printer in self.texts)
        return Formula(text, ascii_, self.names.element(array[subscripts]))

    def name(self, array: Array) -> Formula:
        """The array in a sentence: bold in LaTeX where whole arrays are."""
        return Formula(array.name, array.name, self.names.mention(array, self.prefers_matrix))

    def slope(self, loss: str, array: Array) -> Formula:
        """∂L/∂y for a scalar with this name in text."""
        latex = self.names.partial_in(array, self.prefers_matrix)
        return Formula(f"∂{loss}/∂{array.name}", f"d{loss}/d{array.name}", latex)

    def shape(self, array: Array) -> Formula:
        """(N, D)."""
        text = f"({shape_text(array.shape)})"
        return Formula(text, text, f"({', '.join(map(self.names.position, array.shape))})")

    def equation(self, array: Array, indices: tuple[Index, ...], expr: Expr) -> Equation:
        """`array = expr` with whole arrays where that is asked for and exists, else by elements."""
        node = to_matrix(expr, indices) if self.prefers_matrix else None
        if node is not None:
            self.uses_matrix |= bool(indices) or any(True for _ in expr.atoms(Index))
            left = Formula(array.name, array.name, self.names.whole(array))
            return Equation(left, self.whole(node))
        subscripts, expr = spelled(indices, expr, self.names.taken | names_of(expr))
        return Equation(self.element(array, subscripts), self.show(expr))

    def fact(self, fact: Fact) -> Equation:
        """The two sides of a fact."""
        free = tuple(dict.fromkeys((*free_indices(fact.left), *free_indices(fact.right))))
        if self.prefers_matrix and len(free) < 2:
            left, right = to_matrix(fact.left, free), to_matrix(fact.right, free)
            if left is not None and right is not None:
                self.uses_matrix = True
                return Equation(self.whole(left), self.whole(right))
        return Equation(self.show(fact.left), self.show(fact.right))


def joined(equation: Equation) -> Formula:
    """An equation within a sentence."""
    left, right = equation.left, equation.right
    return Formula(
        f"{left.text} = {right.text}",
        f"{left.ascii} = {right.ascii}",
        f"{left.latex} = {right.latex}",
    )
