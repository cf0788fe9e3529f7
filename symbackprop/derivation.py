"""The public face: what `derive` returns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from sympy import Eq

from symbackprop import request
from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.letters import names_in
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.to_sympy import to_sympy
from symbackprop.calculus.companions import with_inverses, without_unused
from symbackprop.calculus.costs import ProgramCost, program_cost
from symbackprop.calculus.result import Adjoint, Backward
from symbackprop.calculus.reverse import Worked
from symbackprop.derived import Gradient, Jacobian, displayed
from symbackprop.emit.lettering import lettered_jacobian
from symbackprop.emit.translations import translation
from symbackprop.products import Product
from symbackprop.targets import NUMPY, Exact, c_text, compiled, modules_to_check, numpy_text

# The emitters and the checks are imported where they are called: one request needs one of them.
if TYPE_CHECKING:
    from symbackprop.calculus.result import Jacobian as Block
    from symbackprop.calculus.steps import Steps
    from symbackprop.claims.check import Sessions
    from symbackprop.claims.verdict import Checked
    from symbackprop.printing import Printed
    from symbackprop.verify.report import Report



@dataclass(frozen=True, repr=False)
class Derivation:
    """A forward pass, its backward pass, and the facts that the backward pass rests on.

    shown: the backward program with readable index names; what `latex` and `text` print.
    worked: the same before it was given those names, and how it was found. source: the forward pass
    as it was traced. function: the NumPy function that was derived, if the forward pass is one that
    can be called. examples: input values of the layer's worked examples. read: reads the request
    again, at other sizes.
    """

    shown: Backward
    worked: Worked
    source: Program
    function: Callable[..., Any] | None = None
    examples: tuple[Mapping[str, float], ...] = ()
    read: Callable[..., request.Request] | None = None

    @property
    def backward(self) -> Backward:
        """The backward program, with index names that no reader has to like."""
        return self.worked.backward

    @property
    def name(self) -> str:
        return self.backward.program.name

    @cached_property
    def gradients(self) -> Mapping[str, Gradient]:
        """The gradient in each input that was asked for, by the input's name, in that order."""
        return MappingProxyType(
            {a.name: Gradient(self.shown.step(a), self.shown) for a in self.shown.wrt}
        )

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The named arrays of the forward pass, in the order in which they are computed."""
        return self.shown.program.definitions

    @cached_property
    def steps(self) -> Steps:
        """How each gradient was found: chains of equalities, one law at a time."""
        from symbackprop.calculus.steps import steps

        with working_on("the steps"):
            return steps(self.worked)

    def steps_text(
        self, *, unicode: bool = True, checks: bool = False, lang: str = "en"
    ) -> str:
        """The steps for a terminal; with `checks`, what became of the check of each.

        lang: the language of the words, "en", "zh" or "es"; raises InputError for any other.
        """
        return self._steps_page(checks).text(unicode=unicode, lang=lang)

    def steps_latex(
        self, *, checks: bool = False, standalone: bool = False, lang: str = "en"
    ) -> str:
        """The steps in LaTeX, a displayed block for each gradient, or a document of its own."""
        return self._steps_page(checks).latex(standalone=standalone, lang=lang)

    def _steps_page(self, checks: bool) -> Printed:
        from symbackprop.pages import of_steps

        return of_steps(self.steps, self.backward, checks)

    def route(
        self,
        name: str,
        *,
        n: int | Mapping[str, int] | None = None,
        component: str | None = None,
        checks: bool = False,
    ) -> Printed:
        """The derivation by one of several routes, which all end in the same expressions.

        name: "index", the chain rule with subscripts, Jacobians by cases; "matrix", differentials
            of whole arrays; "graph", node by node; "paths", the sum over all paths to one
            component, such as "W[2,1]", counted from 1.
        n: a number for the size, or for each by its name, at which "graph" and "paths" write
            every axis out. checks: say of every equality how it was checked.

        Raises InputError for another route, sizes or a component that do not fit, NotYet where a
        route does not exist.
        """
        from symbackprop.routes import told

        with working_on(f"the route {name}"):
            return told(self, name, n, component, checks)

    @property
    def facts(self) -> tuple[str, ...]:
        """The equations that the backward pass rests on, in order of use."""
        return tuple(fact.text for fact in self.shown.facts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a reader must know, such as the subgradient taken at a kink."""
        return self.shown.notes

    def cost(self) -> ProgramCost:
        """The cost of each step of the backward pass, as the simplifier counts it."""
        return program_cost(self.backward)

    def latex(
        self, *, notation: str = "index", standalone: bool = False, lang: str = "en"
    ) -> str:
        """One `aligned` block for display mathematics, or a document of its own.

        notation: "index" or "matrix". lang: the language of the words, "en", "zh" or "es".
        Raises InputError for any other of either.
        """
        from symbackprop.emit.latex import latex

        with working_on("the LaTeX of the result"):
            if standalone:
                return self._page(notation).latex(standalone=True, lang=lang)
            return latex(self.backward, notation=notation, words=translation(lang))

    def text(self, *, unicode: bool = True, notation: str = "index", lang: str = "en") -> str:
        """The derivation for a terminal; without `unicode`, in ASCII; the rest as for `latex`."""
        with working_on("the text of the result"):
            return self._page(notation).text(unicode=unicode, lang=lang)

    def markdown(
        self,
        *,
        steps: bool = False,
        checks: bool = False,
        notation: str = "index",
        lang: str = "en",
    ) -> str:
        """The result in Markdown, or with `steps` how it is found; the rest as for `latex`."""
        with working_on("the Markdown of the result"):
            page = self._steps_page(checks) if steps else self._page(notation)
            return page.markdown(lang=lang)

    def html(
        self,
        *,
        steps: bool = False,
        checks: bool = False,
        notation: str = "index",
        lang: str = "en",
    ) -> str:
        """The same as one file of HTML that needs no network."""
        with working_on("the HTML of the result"):
            page = self._steps_page(checks) if steps else self._page(notation)
            return page.html(lang=lang)

    def _page(self, notation: str) -> Printed:
        from symbackprop.pages import of_result

        module = self.compile() if self.examples else None
        return of_result(self.backward, notation, self.examples, module)

    def numpy_source(self, *, fast: bool = False, exact: Exact = False) -> str:
        """A module with `forward`, `backward` and, for a scalar output, `value_and_grad`.

        fast: with loops over blocks of rows that fit the cache, and parameters `out` and
        `workspace`; harder to read. exact: in forms that keep the last digits where the formulas as
        they read subtract nearly equal numbers; float32 is computed in float64 and rounded once.
        "extended": and all in np.longdouble, rounded once, so that what rounding loses in between
        is gone too; slow, as no vectors and no BLAS know that dtype, and not for `fast`.
        Raises InputError for another `exact`, and VerificationError where the code, which is run
        once, disagrees with the formulas.
        """
        return numpy_text(self.backward, fast, exact)

    def c_source(self, *, exact: bool = False) -> str:
        """A C99 file with the loops over rows, for float and double; matrix products are not in it.

        exact: as for `numpy_source`, also for what is raised.
        Raises NotYet where no part of the layer is such a loop.
        """
        return c_text(self.backward, exact)

    def compile(self, target: str = NUMPY, *, exact: Exact = False) -> ModuleType:
        """The module of `numpy_source`, in memory.

        target: "numpy"; "numpy-fast"; "c" for the fast one with its loops in C, which the system's
        compiler builds once; or "auto", which is "c" where that can be, else "numpy-fast" and a
        warning. exact: as for `numpy_source`, also for what is raised. Raises InputError for
        another target, and MissingCompiler or MissingExtra where C cannot be built.
        """
        return compiled(self.backward, target, exact)

    def to_sympy(self) -> tuple[Any, ...]:
        """The definitions and then the gradients as SymPy equations, in order of computation."""
        lines: list[Definition | Adjoint] = [*self.shown.program.definitions, *self.shown.steps]
        return tuple(Eq(to_sympy(s.element), to_sympy(s.expr), evaluate=False) for s in lines)

    def jacobian(self, of: str, wrt: str) -> Jacobian:
        """The Jacobian of one array in another.

        Raises UnknownNameError for a name that the forward pass does not have, and
        VerificationError where the result disagrees with numbers (a bug).
        """
        from symbackprop.calculus.jacobian import jacobian

        program = with_inverses(self.backward.program)
        return self._table(jacobian(program, of, wrt), program)

    def jvp(self, *wrt: str) -> Product:
        """How fast the outputs change as these inputs do: their Jacobian times a direction.

        Without names, all inputs that gradients were asked for change. Raises UnknownNameError
        and InputError for what is not an input, DerivationError for an input that stands in
        comparisons alone, VerificationError as `jacobian` does.
        """
        from symbackprop.calculus.forward import jvp

        return Product.held(jvp(self.backward.program, self._changing(wrt)), self.function)

    def hvp(self, *wrt: str) -> Product:
        """How fast the gradient changes as these inputs do: the Hessian times a direction.

        Without names, all inputs that gradients were asked for change. Raises InputError where
        the output is not a single scalar, and what `jvp` raises.
        """
        from symbackprop.calculus.forward import hvp

        return Product.held(hvp(self.backward.program, self._changing(wrt)), self.function)

    def _changing(self, wrt: tuple[str, ...]) -> tuple[str, ...]:
        return wrt or tuple(a.name for a in self.backward.wrt)

    def hessian(self, wrt: str, other: str | None = None) -> Jacobian:
        """The second derivative of a scalar output in an input, or in two.

        Raises UnknownNameError for a name that the forward pass does not have, InputError where
        the output is not a single scalar, VerificationError as `jacobian` does.
        """
        from symbackprop.calculus.hessian import hessian

        program = with_inverses(self.backward.program)
        return self._table(hessian(program, wrt, other), program)

    def _table(self, found: Block, program: Program) -> Jacobian:
        """What was found, held against numbers, over the definitions that it needs, lettered."""
        from symbackprop.verify.directions import check_table

        check_table(found, program)
        program = without_unused(program, self.backward.program, program, [found.expr])
        return Jacobian(lettered_jacobian(found, names_in(program)), program)

    def verify(self, target: str = NUMPY, *, exact: Exact = False) -> Report:
        """Compare the formulas and the generated code with numbers; the report says what held.

        target, exact: the generated code, as for `compile`; the fast ones work as on many rows.
        """
        from symbackprop.verify.report import verify_derivation

        module, *others = modules_to_check(self.backward, target, exact)
        return verify_derivation(
            self.name, self.shown.program, self.shown, module, self.function, others=others
        )

    def check(
        self,
        claim: str,
        wrt: str | None = None,
        *,
        jacobian: tuple[str, str] | None = None,
        notation: str | None = None,
        let: Mapping[str, str] | None = None,
    ) -> Checked:
        r"""Whether a claim about a gradient is true, what it needs, and else where it fails.

        claim: an expression ("y - t", r"y_k - t_k") or an equation whose left side says what is
            claimed ("da = y - t", r"\frac{\partial L}{\partial a_k} = y_k - t_k"); it is read by
            a grammar, and never run.
        wrt: the array that the gradient is taken in, where neither the claim nor a single input
            says so. jacobian: an output and an input, for a claim about a Jacobian.
        notation: "numpy", "index" or "latex"; None to see from the text.
        let: further names that the claim may use, {"tau": "sum(t)"}.

        Raises Refused for text that is not read, UnknownNameError, ShapeError and InputError for
        a claim that has no meaning or more than one.
        """
        from symbackprop.claims.check import check
        from symbackprop.claims.read import Asked

        names = [a.name for a in self.backward.wrt]
        asked = Asked(wrt, jacobian, notation)
        with working_on("the claim"):
            return check(self.source, names, claim, asked, let or {}, self._sessions)

    @cached_property
    def _sessions(self) -> Sessions:
        """What the claims so far were judged against."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data; `json` is its text."""
        from symbackprop.record import record

        return record(self)

    def json(self) -> str:
        """All of it as JSON, for other programs."""
        return json.dumps(self.to_dict(), indent=2)

    def _repr_latex_(self) -> str:
        return displayed(self.latex())

    def __repr__(self) -> str:
        return f"<Derivation of {self.name}: gradients in {', '.join(self.gradients)}>"
