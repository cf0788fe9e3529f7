"""What a derivation hands out: one gradient, one Jacobian."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symbackprop import __version__
from symbackprop.algebra.nodes import Index
from symbackprop.algebra.program import Program
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.to_sympy import to_sympy
from symbackprop.calculus import result
from symbackprop.emit.translations import translation

if TYPE_CHECKING:
    from symbackprop.printing import Printed
    from symbackprop.verify.report import Report


@dataclass(frozen=True)
class Gradient:
    """The gradient of the output in one input.

    adjoint: its step of the backward program `shown`, which has readable index names.
    """

    adjoint: result.Adjoint
    shown: result.Backward

    @property
    def name(self) -> str:
        """The name of the array that it is the gradient in."""
        return str(self.adjoint.of.name)

    @property
    def shape(self) -> tuple[str | int, ...]:
        """The shape of the gradient, which is the shape of the array."""
        return shape_of(self.adjoint.array.shape)

    @property
    def indices(self) -> tuple[str, ...]:
        """The names of the free indices of `expr`, one for each axis that is not of size 1."""
        return names_of(self.adjoint.indices)

    @cached_property
    def expr(self) -> Any:
        """The gradient as a SymPy expression in `Indexed`, `Sum` and SymPy's functions.

        It may mention inputs, definitions, upstream gradients and the gradients that are computed
        before this one; `Derivation.to_sympy` gives them all, in order.
        """
        return to_sympy(self.adjoint.expr)

    def latex(self) -> str:
        """The right-hand side of the gradient in LaTeX, in index notation."""
        from symbackprop.emit.latex_expr import LatexPrinter
        from symbackprop.emit.naming import names_for

        return LatexPrinter(names_for(self.shown)).show(self.adjoint.expr)


@dataclass(frozen=True)
class Jacobian:
    """The derivative of each element of one array in each element of another, or a Hessian.

    The free indices of `expr` are `rows`, those of the array that is differentiated, and then
    `columns`, those of the array that it is differentiated in.
    """

    jacobian: result.Jacobian
    program: Program

    @property
    def rows(self) -> tuple[str, ...]:
        return names_of(self.jacobian.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        return names_of(self.jacobian.columns)

    @cached_property
    def expr(self) -> Any:
        """The closed form as a SymPy expression."""
        return to_sympy(self.jacobian.expr)

    def latex(self, *, standalone: bool = False, lang: str = "en") -> str:
        """One `aligned` block: definitions, the closed form, its cases and its matrix form.

        standalone: a document of its own instead. lang: the language of the words, "en", "zh" or
        "es"; raises InputError for any other.
        """
        from symbackprop.emit.latex import latex_jacobian

        if standalone:
            return self._page().latex(standalone=True, lang=lang)
        return latex_jacobian(self.jacobian, self.program, words=translation(lang))

    def text(self, *, unicode: bool = True, lang: str = "en") -> str:
        """The closed form for a terminal."""
        return self._page().text(unicode=unicode, lang=lang)

    def markdown(self, *, lang: str = "en") -> str:
        """The closed form in Markdown."""
        return self._page().markdown(lang=lang)

    def html(self, *, lang: str = "en") -> str:
        """The closed form as one file of HTML that needs no network."""
        return self._page().html(lang=lang)

    def _page(self) -> Printed:
        from symbackprop.emit.jacobian_page import jacobian_page
        from symbackprop.printing import Printed

        return Printed(jacobian_page(self.jacobian, self.program))

    @property
    def kind(self) -> str:
        """The name of the generated function, "jacobian" or "hessian"."""
        return "hessian" if self.jacobian.loss else "jacobian"

    def numpy_source(self) -> str:
        """A module with a function `jacobian` or `hessian` of the inputs, which gives one array."""
        from symbackprop.calculus.jacobian import tabulated
        from symbackprop.emit.numpy import formula_source

        formula = tabulated(self.jacobian, self.program)
        return formula_source(formula, self.kind, self.kind.capitalize(), version=__version__)

    def compile(self) -> ModuleType:
        """The module of `numpy_source`, in memory."""
        from symbackprop.emit.numpy import compile_source

        return compile_source(self.numpy_source())

    def verify(self) -> Report:
        """Compare the formula and the generated code with numbers of the forward pass.

        Raises InputError where it is not a derivative in an input.
        """
        from symbackprop.verify.formulas import verify_table

        generated = getattr(self.compile(), self.kind)
        return verify_table(self.program.name, self.jacobian, self.program, generated)

    def json(self) -> str:
        """The closed form for other programs."""
        loss = self.jacobian.loss
        record = {
            **({} if loss is None else {"loss": loss.name}),
            "of": self.jacobian.of.name,
            "wrt": self.jacobian.wrt.name,
            "rows": self.rows,
            "columns": self.columns,
            "expression": str(self.expr),
            "facts": [fact.text for fact in self.jacobian.facts],
            "latex": self.latex(),
            "text": self.text(unicode=False),
            "numpy": self.numpy_source(),
        }
        return json.dumps(record, indent=2)

    def _repr_latex_(self) -> str:
        return displayed(self.latex())


def shape_of(shape: tuple[Any, ...]) -> tuple[str | int, ...]:
    """A shape in Python's terms: numbers as they are, sizes by their names."""
    return tuple(int(size) if size.is_number else size_text(size) for size in shape)


def names_of(indices: tuple[Index, ...]) -> tuple[str, ...]:
    """The names of indices."""
    return tuple(index.name for index in indices)


def displayed(block: str) -> str:
    """A block of LaTeX as a notebook displays it."""
    return f"$\\displaystyle\n{block.strip()}\n$"
