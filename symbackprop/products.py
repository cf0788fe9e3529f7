"""What a derivation hands out besides gradients and tables: products with a direction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sympy import Eq

from symbackprop import __version__
from symbackprop.algebra.to_sympy import to_sympy
from symbackprop.calculus import result
from symbackprop.derived import displayed, names_of, shape_of
from symbackprop.emit.lettering import lettered_formula
from symbackprop.emit.translations import translation

if TYPE_CHECKING:
    from symbackprop.printing import Printed
    from symbackprop.verify.report import Report


@dataclass(frozen=True)
class Product:
    """A Jacobian or Hessian times a direction: how fast arrays change as inputs do.

    The direction of an input `a` is `a_dot`, of its shape; the rate of change of any array `y` is
    `y_dot`. A Hessian times a direction is the rate of change of the gradient, `da_dot`.
    """

    product: result.Product
    function: Callable[..., Any] | None = None

    @classmethod
    def held(
        cls, found: result.Product, function: Callable[..., Any] | None = None
    ) -> Product:
        """What was found, held against numbers. Raises VerificationError where it disagrees."""
        from symbackprop.verify.directions import check_product

        check_product(found)
        return cls(found, function)

    @cached_property
    def shown(self) -> result.Product:
        """The product with readable index names."""
        return lettered_formula(self.product)

    @property
    def kind(self) -> str:
        """The name of the generated function, "jvp" or "hvp"."""
        return "hvp" if self.product.loss else "jvp"

    @property
    def title(self) -> str:
        """What it is called: a Jacobian-vector or a Hessian-vector product."""
        return self.product.title

    @property
    def directions(self) -> tuple[str, ...]:
        """The names of the given directions, one for each input that changes."""
        return tuple(d.name for d in self.product.directions)

    @property
    def results(self) -> tuple[str, ...]:
        """The names of the rates of change asked for."""
        return tuple(a.name for a in self.product.results)

    @property
    def facts(self) -> tuple[str, ...]:
        """The equations that it rests on, in order of use."""
        return tuple(fact.text for fact in self.product.facts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a reader must know, such as the subgradient taken at a kink."""
        return self.product.notes

    @cached_property
    def expr(self) -> Any:
        """The last result as a SymPy expression, in terms of `to_sympy`'s earlier lines."""
        array = self.shown.results[-1]
        return next(to_sympy(s.expr) for s in self.shown.steps if s.array == array)

    def to_sympy(self) -> tuple[Any, ...]:
        """The definitions and then the steps as SymPy equations, in order of computation."""
        lines = (*self.shown.program.definitions, *self.shown.steps)
        return tuple(Eq(to_sympy(s.element), to_sympy(s.expr), evaluate=False) for s in lines)

    def latex(
        self, *, notation: str = "index", standalone: bool = False, lang: str = "en"
    ) -> str:
        r"""One `aligned` block, or a document; the rate of change of y is \dot{y}."""
        from symbackprop.emit.latex import latex_product

        if standalone:
            return self._page(notation).latex(standalone=True, lang=lang)
        return latex_product(self.product, notation=notation, words=translation(lang))

    def text(self, *, unicode: bool = True, notation: str = "index", lang: str = "en") -> str:
        """The product for a terminal."""
        return self._page(notation).text(unicode=unicode, lang=lang)

    def markdown(self, *, notation: str = "index", lang: str = "en") -> str:
        """The product in Markdown."""
        return self._page(notation).markdown(lang=lang)

    def html(self, *, notation: str = "index", lang: str = "en") -> str:
        """The product as one file of HTML that needs no network."""
        return self._page(notation).html(lang=lang)

    def _page(self, notation: str) -> Printed:
        from symbackprop.emit.product_page import product_page
        from symbackprop.printing import Printed

        return Printed(product_page(self.product, notation=notation))

    def numpy_source(self) -> str:
        """A module with a function `jvp` or `hvp` of the inputs and then the directions.

        `hvp` returns the Hessian's product, a tuple for several inputs; `jvp` the outputs and
        their rates of change, each a tuple for several outputs.
        """
        from symbackprop.emit.numpy import formula_source

        return formula_source(self.product, self.kind, self.title, version=__version__)

    def compile(self) -> ModuleType:
        """The module of `numpy_source`, in memory."""
        from symbackprop.emit.numpy import compile_source

        return compile_source(self.numpy_source())

    def verify(self) -> Report:
        """Compare the formulas and the generated code with numbers of the forward pass."""
        from symbackprop.verify.formulas import verify_product

        generated = getattr(self.compile(), self.kind)
        return verify_product(self.product.program.name, self.shown, generated, self.function)

    def json(self) -> str:
        """The product for other programs."""
        loss = self.product.loss
        record = {
            **({} if loss is None else {"loss": loss.name}),
            "wrt": [a.name for a in self.product.wrt],
            "directions": list(self.directions),
            "results": list(self.results),
            "steps": [
                {
                    "name": s.array.name,
                    "of": s.of.name,
                    "shape": list(shape_of(s.array.shape)),
                    "indices": list(names_of(s.indices)),
                    "expression": str(to_sympy(s.expr)),
                }
                for s in self.shown.steps
            ],
            "facts": list(self.facts),
            "notes": list(self.notes),
            "latex": self.latex(),
            "text": self.text(unicode=False),
            "numpy": self.numpy_source(),
        }
        return json.dumps(record, indent=2)

    def _repr_latex_(self) -> str:
        return displayed(self.latex())

    def __repr__(self) -> str:
        return f"<{self.title} of {self.product.program.name}: {', '.join(self.results)}>"
