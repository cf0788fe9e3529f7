"""A derivation as plain data, for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbackprop import __version__
from symbackprop.algebra.conditions import size_condition_texts
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.to_sympy import to_sympy
from symbackprop.calculus.costs import ProgramCost, StepCost
from symbackprop.calculus.result import Adjoint
from symbackprop.derived import names_of, shape_of
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.naming import names_for
from symbackprop.emit.numpy import numpy_expression

if TYPE_CHECKING:
    from symbackprop.derivation import Derivation


def record(derivation: Derivation) -> dict[str, Any]:
    """Inputs, definitions, gradients, facts; the LaTeX and NumPy of each line and of the whole.

    `steps` holds every gradient in order of computation, `gradients` those that were asked for.
    """
    shown = derivation.shown
    program = shown.program
    printer = LatexPrinter(names_for(shown))
    steps = [_line(step, printer) | {"of": step.of.name} for step in shown.steps]
    asked = {array.name for array in shown.wrt}
    return {
        "name": program.name,
        "version": __version__,
        "inputs": [_input(array, program) for array in program.inputs],
        "requires": size_condition_texts(program, ">=", "<="),
        "outputs": [_array(array) for array in program.outputs],
        "definitions": [_line(definition, printer) for definition in program.definitions],
        "upstream": [None if up is None else _array(up) for up in shown.upstream],
        "steps": steps,
        "gradients": {step["of"]: step for step in steps if step["of"] in asked},
        "facts": [{"text": fact.text, "declared": fact.declared} for fact in shown.facts],
        "notes": list(shown.notes),
        "cost": _cost(derivation.cost()),
        "latex": {form: derivation.latex(notation=form) for form in ("index", "matrix")},
        "text": derivation.text(unicode=False),
        "numpy": derivation.numpy_source(),
    }


def _array(array: Array) -> dict[str, Any]:
    return {"name": array.name, "shape": list(shape_of(array.shape))}


def _input(array: Array, program: Program) -> dict[str, Any]:
    """below: of labels, the sizes that they are below, counted from 0 as NumPy does."""
    sizes = program.labels.get(array)
    return _array(array) | ({"below": list(shape_of(sizes))} if sizes else {})


def _cost(cost: ProgramCost) -> dict[str, Any]:
    return {
        "steps": [{"name": s.array.name, **_parts(s)} for s in cost.steps],
        **_parts(cost),
    }


def _parts(cost: ProgramCost | StepCost) -> dict[str, float]:
    return {"operations": cost.operations, "memory": cost.memory, "total": cost.total}


def _line(line: Definition | Adjoint, printer: LatexPrinter) -> dict[str, Any]:
    return _array(line.array) | {
        "indices": list(names_of(line.indices)),
        "expression": str(to_sympy(line.expr)),
        "latex": printer.show(line.expr),
        "numpy": numpy_expression(line.expr, line.indices, line.array.shape),
    }
