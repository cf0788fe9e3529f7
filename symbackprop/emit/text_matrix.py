"""Whole-array notation as a line of text: `dz W^T`, `diag(y) - y y^T`, `.*` elementwise."""

from __future__ import annotations

from sympy import S

from symbackprop.algebra.functions import BY_CLASS
from symbackprop.emit.matrix import (
    Diagonal,
    Extreme,
    Hadamard,
    Identity,
    Indicator,
    Literal,
    Mapped,
    MatrixProduct,
    Node,
    OfMatrix,
    Ones,
    Plus,
    Power,
    Quotient,
    Scaled,
    Transpose,
    Whole,
)
from symbackprop.emit.text_expr import ASCII, TextPrinter, function_of

SUM, ELEMENTWISE, PRODUCT, ATOM = range(4)


class TextMatrixPrinter:
    """Prints whole-array notation in the character set of a text printer."""

    def __init__(self, scalars: TextPrinter) -> None:
        self.scalars = scalars
        plain = scalars.signs is ASCII
        self.transposed = "^T" if plain else "ᵀ"
        self.times, self.over = (" .* ", " ./ ") if plain else (" ⊙ ", " ⊘ ")

    def show(self, node: Node, level: int = SUM) -> str:
        """The node, in parentheses if it does not reach the level."""
        text, own = self._print(node)
        return text if own >= level else f"({text})"

    def _print(self, node: Node) -> tuple[str, int]:
        match node:
            case Literal(expr=expr):
                text = self.scalars.show(expr)
                return text, ATOM if expr.is_Symbol or (expr.is_Integer and expr >= 0) else SUM
            case Whole(array=array):
                return array.name, ATOM
            case OfMatrix(function=function, x=x):
                return function_of(function, x.array.name), ATOM
            case Ones():
                return "ones", ATOM
            case Identity():
                return "I", ATOM
            case Transpose(x=x):
                return self.show(x, ATOM) + self.transposed, ATOM
            case Diagonal(x=Quotient(x=Ones(), y=y)) if not y.is_scalar:
                return f"diag({self.show(y)})^-1", ATOM
            case Diagonal(x=x):
                return f"diag({self.show(x)})", ATOM
            case MatrixProduct(factors=factors):
                return " ".join(self.show(f, ATOM) for f in factors), PRODUCT
            case Scaled(scalar=Literal(expr=S.NegativeOne), x=x):
                return f"-{self.show(x, PRODUCT)}", SUM
            case Scaled(scalar=scalar, x=x):
                return f"{self.show(scalar, ATOM)} {self.show(x, PRODUCT)}", PRODUCT
            case Hadamard(factors=factors):
                return self.times.join(self.show(f, PRODUCT) for f in factors), ELEMENTWISE
            case Quotient(x=x, y=y):
                if y.is_scalar:
                    return f"{self.show(x, PRODUCT)}/{self.show(y, ATOM)}", ELEMENTWISE
                return f"{self.show(x, ATOM)}{self.over}{self.show(y, ATOM)}", ELEMENTWISE
            case Plus():
                return self._sum(node), SUM
            case Indicator(relation=relation, x=x, y=y):
                sign = self.scalars.signs.relations[relation]
                return f"[{self.show(x)} {sign} {self.show(y)}]", ATOM
            case Extreme(largest=largest, x=x, y=y):
                return f"{'max' if largest else 'min'}({self.show(x)}, {self.show(y)})", ATOM
            case Power(x=x, exponent=exponent):
                if exponent == S.Half:
                    return f"sqrt({self.show(x)})", ATOM
                mark = "^" if node.is_scalar else ".^"
                return f"{self.show(x, ATOM)}{mark}{self.scalars.show(exponent, 4)}", PRODUCT
            case Mapped(function=function, x=x):
                return f"{BY_CLASS[function].head}({self.show(x)})", ATOM
        raise AssertionError(node)

    def _sum(self, node: Plus) -> str:
        text = ""
        for term, negative in zip(node.terms, node.negative, strict=True):
            sign = "-" if negative else "+" if text else ""
            piece = self.show(term, ELEMENTWISE)
            text += f" {sign} {piece}" if text else sign + piece
        return text
