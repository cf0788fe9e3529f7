"""A forward pass as text, such as "y = exp(a)/sum(exp(a)); L = -sum(t*log(y))"."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.errors import InputError, Refused
from symbackprop.frontend import shapes as shp
from symbackprop.frontend.assume import as_texts, assumptions, declared_signs
from symbackprop.frontend.finish import declared, finished
from symbackprop.frontend.observe import Names
from symbackprop.frontend.reader import Reader
from symbackprop.frontend.requirements import requirements
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import Value, input_value
from symbackprop.frontend.where import piece_of_text
from symbackprop.frontend.whitelist import called, expression, is_numpy, parse, piece, targets


def parse_program(
    text: str,
    shapes: Mapping[str, shp.ShapeSpec],
    *,
    name: str = "expression",
    assume: Iterable[str] = (),
) -> Program:
    """The program of an expression text; its inputs are the names that it does not assign.

    Statements `name = expression` are separated by `;` or newlines. The last one, which may be
    an expression alone or several with commas, is the output. The text is read, never run.

    Raises:
        Refused: a piece that is not on the whitelist. InputError: a missing shape, no output.
        ShapeError: shapes that do not fit. NotYet: a NumPy function that is not supported.
    """
    statements = parse(text)
    if not statements:
        raise InputError("the expression is empty; write y = exp(a), for instance")
    texts = as_texts(assume)
    signs = declared_signs(texts)
    inputs = _inputs(statements, shapes, signs)
    names = Names()
    with requirements() as needed:
        returned = _read(statements, {a.name: Tracer(input_value(a)) for a in inputs}, names)
        program = finished(name, inputs, returned, names, signs)
    program = replace(program, assumptions=tuple(needed))
    return assumptions(program, texts)


def _inputs(
    statements: list[ast.stmt], shapes: Mapping[str, shp.ShapeSpec], signs: Mapping[str, str]
) -> tuple[Array, ...]:
    """The names that are used before they are assigned, in order of appearance."""
    assigned: set[str] = set()
    arrays: dict[str, Array] = {}
    for statement in statements:
        for name in _names(expression(statement)):
            if name in assigned or name in arrays or (name == "pi" and name not in shapes):
                continue
            if not shp.is_name(name):
                raise InputError(f"the input {name!r} needs a name in ASCII letters")
            if name not in shapes:
                raise shp.missing(name, f"`{piece(statement)}`")
            arrays[name] = declared(name, shp.shape(shapes[name], name), signs)
        assigned.update(targets(statement))
    shp.check_names(shapes, arrays, "the expression")
    return tuple(arrays.values())


def _names(node: ast.AST) -> list[str]:
    """The names in an expression that are neither functions nor NumPy itself, in order."""
    if isinstance(node, ast.Name):
        return [] if is_numpy(node) else [node.id]
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call) and called(node)[1] is None:
        parts.remove(node.func)
    return [name for part in parts for name in _names(part)]


def _read(statements: list[ast.stmt], arrays: dict[str, Tracer], names: Names) -> list[Value]:
    reader = Reader(arrays)
    results: list[Tracer] = []
    for statement in statements:
        node = expression(statement)
        alone = isinstance(statement, ast.Expr)
        if alone and statement is not statements[-1]:
            raise Refused(f"`{piece(statement)}` is computed and not used; write name = ...")
        named = ", ".join(repr(target) for target in targets(statement))
        place = f"the definition of {named}" if named else "the expression"
        with working_on(place), piece_of_text(ast.unparse(statement)):
            parts = node.elts if alone and isinstance(node, ast.Tuple) else [node]
            results = [reader.array(part) for part in parts]
        for target in targets(statement):
            arrays[target] = results[0]
            names.note(results[0].value, target)
    return [r.value for r in results]
