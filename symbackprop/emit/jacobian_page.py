"""A Jacobian or a Hessian as a page: the closed form, its cases, its matrix."""

from __future__ import annotations

from symbackprop.algebra.letters import lettered_program
from symbackprop.algebra.nodes import Index
from symbackprop.algebra.program import Program
from symbackprop.calculus.cases import cases
from symbackprop.calculus.result import Jacobian
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.lettering import lettered_jacobian
from symbackprop.emit.naming import names_for_jacobian
from symbackprop.emit.page import Display, Equation, Formula, Heading, Page, Part, Words
from symbackprop.emit.phrases import same_everywhere
from symbackprop.emit.result_page import facts, forward_blocks, notes
from symbackprop.emit.to_matrix import to_matrix

Line = tuple[Equation, tuple[Part, ...]]


def jacobian_page(jacobian: Jacobian, program: Program | None = None) -> Page:
    """∂of/∂wrt, or ∂²L/∂of∂wrt for a Hessian, by cases and in whole-array notation too.

    The cases stand where rows and columns pair up in one Kronecker delta. program: its
    definitions come first.
    """
    names = names_for_jacobian(jacobian, program)
    jacobian = lettered_jacobian(jacobian, names.taken)
    formulas = Formulas(names)
    blocks = forward_blocks(formulas, lettered_program(program)) if program else []
    lines, remarks = zip(*jacobian_lines(formulas, jacobian), strict=True)
    blocks += [Heading(Words("Hessian") if jacobian.loss else Words("Jacobian"))]
    blocks += [Display(lines, remarks), *facts(formulas, jacobian.facts)]
    name = program.name if program else jacobian.of.name
    return Page(name, (*blocks, *notes(formulas, (), blocks)))


def jacobian_lines(formulas: Formulas, jacobian: Jacobian) -> list[Line]:
    """The closed form; its cases, each with where it holds; its matrix."""
    rows, columns = jacobian.rows, jacobian.columns
    of, wrt = formulas.element(jacobian.of, rows), formulas.element(jacobian.wrt, columns)
    left = _slope(formulas, jacobian, of, wrt)
    found: list[Line] = [(Equation(left, formulas.show(jacobian.expr)), ())]
    by_cases = cases(jacobian)
    if by_cases is not None:
        j, k, on, off = by_cases
        equal, unequal = ("=", "=", "="), ("≠", "!=", r"\ne")
        found.append((Equation(left, formulas.show(on)), (_related(formulas, j, k, equal),)))
        found.append((Equation(left, formulas.show(off)), (_related(formulas, j, k, unequal),)))
    if len(rows) == len(columns) == 1 and jacobian.expr != 0:
        whole = to_matrix(jacobian.expr, (*rows, *columns))
        if whole is not None:
            formulas.uses_matrix = True
            names, transposed = formulas.names, r"^{\top}" if jacobian.loss else ""
            of = same_everywhere(jacobian.of.name, names.whole(jacobian.of))
            wrt = same_everywhere(jacobian.wrt.name, names.whole(jacobian.wrt) + transposed)
            left = _slope(formulas, jacobian, of, wrt)
            found.append((Equation(left, formulas.whole(whole)), ()))
    return found


def _related(formulas: Formulas, j: Index, k: Index, signs: tuple[str, str, str]) -> Formula:
    text, ascii_, latex = signs
    one, two = formulas.show(j), formulas.show(k)
    return Formula(
        f"{one.text} {text} {two.text}",
        f"{one.ascii} {ascii_} {two.ascii}",
        f"{one.latex} {latex} {two.latex}",
    )


def _slope(formulas: Formulas, jacobian: Jacobian, of: Formula, wrt: Formula) -> Formula:
    """∂of/∂wrt, or ∂²L/∂of∂wrt for a Hessian."""
    if jacobian.loss is None:
        latex = rf"\frac{{\partial {of.latex}}}{{\partial {wrt.latex}}}"
        return Formula(f"∂{of.text}/∂{wrt.text}", f"d{of.ascii}/d{wrt.ascii}", latex)
    loss = formulas.name(jacobian.loss)
    latex = rf"\frac{{\partial^{{2}} {loss.latex}}}{{\partial {of.latex} \, \partial {wrt.latex}}}"
    return Formula(f"∂²{loss.text}/∂{of.text}∂{wrt.text}",
                   f"d^2{loss.ascii}/d{of.ascii}d{wrt.ascii}", latex)  # fmt: skip
