"""The generated module of one formula: a function of all that is given, in one pass."""

from __future__ import annotations

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.trees import elements
from symbackprop.calculus.result import Formula
from symbackprop.emit.lettering import lettered_formula
from symbackprop.emit.numpy.functions import Function
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.module import (
    needs_math,
    positions_function,
    prepare_function,
    shapes_table,
)
from symbackprop.emit.numpy.passes import Scope, checked, indented, prepared
from symbackprop.emit.numpy.plan import Plan, planned
from symbackprop.emit.numpy.statements import shape_text
from symbackprop.emit.numpy.summary import formula_summary
from symbackprop.emit.numpy.text import docstring, fitted, listed, wrapped


def formula_source(formula: Formula, name: str, title: str, *, version: str) -> str:
    """The text of a module that needs NumPy only, with one function.

    It returns the outputs of the program, if it has any, and then the results; several outputs
    are a tuple, and so are several results. name: of the function. title: what it computes.

    Raises NotYet for an expression that has no NumPy form.
    """
    shown = lettered_formula(formula)
    plan = planned(shown.program, shown.steps)
    scope = Scope(shown.program, public=("np", name))
    np = scope.public("np")
    lines = _function(shown, plan, scope, name)
    imports = ["import math"] if needs_math(scope) else []
    blocks = [
        [*imports, f"import numpy as {np}", "", *shapes_table(scope)],
        prepare_function(scope),
        *positions_function(scope),
        *scope.helper_blocks(),
        lines,
    ]
    head = "\n".join(docstring(formula_summary(shown, plan, title, version), 0))
    return head + "\n\n" + "\n\n\n".join("\n".join(b) for b in blocks) + "\n"


def _function(formula: Formula, plan: Plan, scope: Scope, name: str) -> list[str]:
    program = formula.program
    function = scope.function()
    for array, own in scope.inputs.items():
        function.claim(array, own)
    function.shapes_from(program.inputs)
    returned = (*program.outputs, *formula.results)
    numbers = set()
    for line in (*plan.forward, *plan.backward):
        function.add(line, owned=line.array in returned)
        if _is_number(line):
            numbers.add(line.array)
    body = function.body()
    groups = [
        [_handed_out(a, function, scope, numbers) for a in arrays]
        for arrays in (program.outputs, formula.results)
        if arrays
    ]
    parts = [g[0] if len(g) == 1 else f"({', '.join(g)})" for g in groups]
    names = list(scope.inputs.values())
    told = listed([f"{a.name}: {shape_text(a.shape)}" for a in returned])
    return [
        *fitted(f"def {name}(", names, "):"),
        *docstring(wrapped(f"Return {told}.", 0, 0), 4),
        *prepared(names, scope.prepare),
        *indented(checked(program, function, scope)),
        *indented(body),
        f"    return {', '.join(parts)}",
    ]


def _is_number(line: Line) -> bool:
    """Whether the line assigns a number, which no array has given a dtype."""
    return not line.array.shape and not elements(line.expr)


def _handed_out(array: Array, function: Function, scope: Scope, numbers: set[Array]) -> str:
    value = function.array(array)
    if array in numbers:
        return f"{scope.public('np')}.asarray({value}, dtype={function.dtype})"
    return value
