"""Composite functions by their names: softmax(z + c) until its definition is put in."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, Symbol

from symbackprop.algebra.nodes import Array, Element, Index, Real
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.latex_expr import ATOM, SCRIPT, LatexPrinter, group
from symbackprop.emit.text_expr import TextPrinter

_SIGMA = {"sigmoid": r"\sigma"}


class Called(Real):
    """A function of the prelude: its name, its value written out, its argument.

    inner: the indices in the argument that run over whole axes, which are not shown. places: the
    element of the result; none for a function of each element, whose argument is an element.
    """

    __slots__ = ()

    def __new__(
        cls, name: Symbol, value: Expr, argument: Expr, inner: tuple[Index, ...],
        places: tuple[Expr, ...],
    ) -> Called:  # fmt: skip
        from sympy import Tuple

        return Expr.__new__(cls, name, value, argument, Tuple(*inner), Tuple(*places))  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        return str(self.args[0])

    @property
    def value(self) -> Expr:
        return self.args[1]

    @property
    def argument(self) -> Expr:
        return self.args[2]

    @property
    def inner(self) -> tuple[Index, ...]:
        return tuple(self.args[3].args)

    @property
    def places(self) -> tuple[Expr, ...]:
        return tuple(self.args[4].args)

    @property
    def free_symbols(self) -> set[Basic]:
        found: set[Basic] = super().free_symbols
        return found - set(self.inner) - {self.args[0]}


def opened(expr: Basic, name: str | None = None) -> Any:
    """The expression with all composite functions (or those of a name) written out."""
    if isinstance(expr, Called) and name in (None, expr.name):
        return opened(expr.value, name)
    if not expr.args or isinstance(expr, Element | Index | Array) or not expr.has(Called):
        return expr
    return rebuilt(expr, [opened(a, name) for a in expr.args])


def names_of_called(expr: Basic) -> list[str]:
    """The composite functions in an expression, outermost first."""
    found: list[str] = []
    stack = [expr]
    while stack:
        node = stack.pop(0)
        if isinstance(node, Called):
            found.append(node.name)
            stack.append(node.value)
        else:
            stack.extend(node.args)
    return list(dict.fromkeys(found))


class _Plain(TextPrinter):
    """Prints an argument: elements at inner indices by the names of their arrays."""

    def __init__(self, printer: TextPrinter, inner: tuple[Index, ...]) -> None:
        super().__init__(printer.signs)
        self.inner = inner

    def element(self, array: Array, indices: tuple[Expr, ...]) -> str:
        kept = tuple(i for i in indices if i not in self.inner)
        return super().element(array, kept)

    def _atom(self, expr: Basic) -> str:
        return _text(self, expr) if isinstance(expr, Called) else super()._atom(expr)


class CalledText(TextPrinter):
    """Prints composite functions too."""

    def _atom(self, expr: Basic) -> str:
        return _text(self, expr) if isinstance(expr, Called) else super()._atom(expr)


def _text(printer: TextPrinter, expr: Called) -> str:
    name, _, options = expr.name.partition(" ")
    inside = _Plain(printer, expr.inner).show(expr.argument) + (f", {options}" if options else "")
    places = ",".join(map(printer.position, expr.places))
    return f"{name}({inside})" + (f"[{places}]" if places else "")


class CalledLatex(LatexPrinter):
    """The same in LaTeX."""

    def piece(self, expr: Basic) -> tuple[str, int]:
        if not isinstance(expr, Called):
            return super().piece(expr)
        name = expr.name.partition(" ")[0]
        macro = _SIGMA.get(name) or rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}"
        if not expr.inner:
            return macro + group(self.show(expr.argument)), SCRIPT
        inside = _PlainLatex(self, expr.inner).show(expr.argument)
        below = self.names.subscripts(expr.places)
        return macro + group(inside) + (f"_{{{below}}}" if below else ""), ATOM


class _PlainLatex(CalledLatex):
    def __init__(self, printer: LatexPrinter, inner: tuple[Index, ...]) -> None:
        super().__init__(printer.names)
        self.inner = inner

    def piece(self, expr: Basic) -> tuple[str, int]:
        if isinstance(expr, Element) and set(expr.indices) & set(self.inner):
            kept = tuple(i for i in expr.indices if i not in self.inner)
            if not kept:
                return self.names.whole(expr.array), ATOM
            return self.names.element(Element(expr.array, *kept)), ATOM
        return super().piece(expr)
