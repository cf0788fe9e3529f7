r"""Whole-array notation in LaTeX: vectors and matrices bold, `\odot` and `\oslash` elementwise."""

from __future__ import annotations

from sympy import Abs, S
from sympy import log as Log

from symbackprop.algebra.functions import BY_CLASS
from symbackprop.emit.latex_expr import (
    ATOM,
    OPEN,
    PRODUCT,
    RELATIONS,
    SCRIPT,
    SUM,
    LatexPrinter,
    function_of,
    group,
    juxtapose,
)
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

# QUOTIENT (⊘) < ELEMENTWISE (⊙) < PRODUCT (matrix product, scaling); the others are shared
QUOTIENT, ELEMENTWISE = SUM + 0.25, SUM + 0.5
_MINUS_ONE = Literal((S.One, S.One), S.NegativeOne)


class MatrixPrinter:
    """Prints whole-array notation with the names that the index notation has.

    shapes: whether the shape of each array stands under it.
    """

    def __init__(self, printer: LatexPrinter, shapes: bool = False) -> None:
        self.scalars = printer
        self.names = printer.names
        self._shapes = shapes

    def show(self, node: Node, level: float = SUM) -> str:
        """The node, in parentheses if it does not reach the level."""
        text, own = self._print(node)
        return text if own >= level else group(text)

    def _print(self, node: Node) -> tuple[str, float]:
        match node:
            case Literal(expr=expr):
                return self.scalars.piece(expr)
            case Whole(array=array):
                compound = self.names.is_partial(array) or array in self.names.changes
                return self._shaped(node, self.names.whole(array)), SCRIPT if compound else ATOM
            case OfMatrix(function=function, x=x):
                return function_of(function, self.names.whole(x.array))
            case Ones():
                return r"\mathbf{1}", ATOM
            case Identity():
                return r"\mathbf{I}", ATOM
            case Transpose(x=Whole(array=array) as x):
                name, level = self.names.whole(array), self._print(x)[1]
                inner = name if level >= ATOM else group(name)
                return self._shaped(node, inner + r"^{\top}"), SCRIPT
            case Transpose(x=x):
                return self.show(x, ATOM) + r"^{\top}", SCRIPT
            case Diagonal(x=Quotient(x=Ones(), y=x)) if not x.is_scalar:
                return rf"\operatorname{{diag}}{group(self.show(x))}^{{-1}}", SCRIPT
            case Diagonal(x=x):
                return rf"\operatorname{{diag}}{group(self.show(x))}", SCRIPT
            case MatrixProduct(factors=factors):
                shown = [self._closed(f) for f in factors[:-1]]
                return juxtapose([*shown, self.show(factors[-1], OPEN)]), PRODUCT
            case Scaled(scalar=scalar, x=x):
                if scalar == _MINUS_ONE:
                    return "-" + self.show(x, QUOTIENT), SUM
                return self._scaled(scalar, x), PRODUCT
            case Hadamard(factors=factors):
                shown = [self._closed(f) for f in factors[:-1]] + [self.show(factors[-1], OPEN)]
                return r" \odot ".join(shown), ELEMENTWISE
            case Quotient(x=x, y=y):
                if y.is_scalar:
                    return rf"\frac{{{self.show(x)}}}{{{self.show(y)}}}", SCRIPT
                return rf"{self._closed(x)} \oslash {self.show(y, OPEN)}", QUOTIENT
            case Plus():
                return self._sum(node), SUM
            case Indicator(relation=relation, x=x, y=y):
                left, right = self.show(x), self.show(y)
                return rf"\left[ {left} {RELATIONS[relation]} {right} \right]", ATOM
            case Extreme(largest=largest, x=x, y=y):
                name = r"\max" if largest else r"\min"
                return name + group(f"{self.show(x)}, {self.show(y)}"), SCRIPT
            case Mapped() | Power():
                return self._elementwise(node)
        raise AssertionError(node)

    def _shaped(self, node: Node, text: str) -> str:
        """An array with its shape under it, if shapes are shown."""
        if not self._shapes or node.is_scalar:
            return text
        sizes = r" \times ".join(self.names.position(s) for s in node.shape)
        return rf"\underset{{{sizes}}}{{{text}}}"

    def _closed(self, node: Node) -> str:
        """A factor that others follow: log y takes parentheses around y."""
        if isinstance(node, Mapped) and node.function is Log:
            return r"\log" + group(self.show(node.x))
        return self.show(node, SCRIPT)

    def _scaled(self, scalar: Node, x: Node) -> str:
        factors = [self._closed(scalar)]
        while isinstance(x, Scaled) and x.scalar != _MINUS_ONE:
            factors.append(self._closed(x.scalar))
            x = x.x
        return juxtapose([*factors, self.show(x, PRODUCT)])

    def _sum(self, node: Plus) -> str:
        text = ""
        for term, negative in zip(node.terms, node.negative, strict=True):
            sign = "-" if negative else "+" if text else ""
            piece = self.show(term, QUOTIENT)
            text += f" {sign} {piece}" if text else sign + piece
        return text

    def _elementwise(self, node: Mapped | Power) -> tuple[str, float]:
        x = node.x
        if isinstance(node, Power):
            if node.exponent == S.Half:
                return rf"\sqrt{{{self.show(x)}}}", SCRIPT
            exponent = self.scalars.exponent(node.exponent)
            mark = "" if node.is_scalar else r"\odot "
            return f"{self.show(x, ATOM)}^{{{mark}{exponent}}}", SCRIPT
        if node.function is Abs:
            return rf"\left| {self.show(x)} \right|", ATOM
        text, level = self._print(x)
        if node.function is Log and level == ATOM:
            return rf"\log {text}", OPEN
        return BY_CLASS[node.function].macro + group(text), SCRIPT
