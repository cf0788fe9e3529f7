"""`LEFT == RIGHT` as two expressions over the same indices."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Symbol

from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.claims.prove.called import Called, opened
from symbackprop.errors import InputError, Refused, ShapeError
from symbackprop.frontend import shapes as shp
from symbackprop.frontend.assume import as_texts, assumptions, declared_signs
from symbackprop.frontend.finish import declared
from symbackprop.frontend.prelude import PRELUDE
from symbackprop.frontend.reader import Reader
from symbackprop.frontend.requirements import requirements
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import Value, fresh_indices, input_value, numeric, shown
from symbackprop.frontend.where import shorten
from symbackprop.frontend.whitelist import called, expression, is_numpy, parse, piece

_OF_ARRAYS = ("softmax", "log_softmax", "logsumexp", "norm")


@dataclass(frozen=True)
class Statement:
    """left == right for all values of the indices.

    program: inputs, what is declared of them, and both sides as definitions.
    """

    text: str
    left: Expr
    right: Expr
    indices: tuple[Index, ...]
    program: Program
    equations: tuple[Assumption, ...]
    shape: tuple[Expr, ...]


def read_statement(
    text: str, shapes: Mapping[str, Any], assume: tuple[str, ...] = ()
) -> Statement:
    """The two sides of `LEFT == RIGHT` in NumPy's notation.

    Raises Refused for what is not an equation or not on the whitelist, InputError for a missing
    shape, ShapeError for sides of different shapes.
    """
    node = _equation(text)
    texts = as_texts(assume)
    signs = declared_signs(texts)
    inputs: dict[str, Array] = {}
    for name in dict.fromkeys(_names(node)):
        if name == "pi" and name not in shapes:
            continue
        if name not in shapes:
            raise shp.missing(name, f"`{shorten(text)}`")
        inputs[name] = declared(name, shp.shape(shapes[name], name), signs)
    shp.check_names(shapes, inputs, "the equation")
    with requirements() as needed:
        reader = _Reader({name: Tracer(input_value(a)) for name, a in inputs.items()})
        sides = [numeric(reader.array(side)) for side in (node.left, node.comparators[0])]
        if sides[0].shape != sides[1].shape:
            raise ShapeError(
                f"the sides have the shapes {shown(sides[0].shape)} and {shown(sides[1].shape)}; "
                "an equation has one shape on both sides (ones_like(x) is 1 at every element)"
            )
        places = fresh_indices(sides[0].shape)
        left, right = (side.at(places) for side in sides)
    indices = tuple(i for i in places if i is not None)
    program = Program("equation", tuple(inputs.values()), (), (), tuple(needed))
    program = assumptions(program, texts)
    equations = tuple(a for a in program.assumptions if a.kind == "==")
    taken = {*inputs, *(str(size) for size in program.sizes)}
    names = [next(n for n in (side, f"{side}_side") if n not in taken)
             for side in ("left", "right")]  # fmt: skip
    definitions = tuple(
        Definition(Array(name, tuple(i.size for i in indices)), indices, opened(side))
        for name, side in zip(names, (left, right), strict=True)
    )
    rest = tuple(a for a in program.assumptions if a.kind != "==")
    program = replace(
        program, definitions=definitions, outputs=tuple(d.array for d in definitions),
        assumptions=rest,
    )  # fmt: skip
    return Statement(text, left, right, indices, program, equations, sides[0].shape)


def _equation(text: str) -> ast.Compare:
    statements = parse(text)
    node = expression(statements[0]) if len(statements) == 1 and isinstance(
        statements[0], ast.Expr) else None  # fmt: skip
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq):
        raise Refused(
            f"{shorten(text)!r} is not an equation; write LEFT == RIGHT, as in "
            '"softmax(z + c) == softmax(z)"'
        )
    return node


def _names(node: ast.AST) -> list[str]:
    """The names in an expression that are neither functions nor NumPy itself, in order."""
    if isinstance(node, ast.Name):
        return [] if is_numpy(node) else [node.id]
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call) and called(node)[1] is None:
        parts.remove(node.func)
    return [name for part in parts for name in _names(part)]


class _Reader(Reader):
    """Reads composite functions as one node each, which is opened later."""

    def _read_Call(self, node: ast.Call) -> Any:
        name, owner = called(node)
        result = super()._read_Call(node)
        if owner is not None or name not in PRELUDE or not isinstance(result, Tracer):
            return result
        argument = numeric(self.array(node.args[0]))
        options = [piece(a) for a in node.args[1:]]
        options += [f"{k.arg}={piece(k.value)}" for k in node.keywords]
        if name not in _OF_ARRAYS:
            return Tracer(_elementwise(name, result.value, argument))
        if not argument.rank:
            raise InputError(f"{piece(node)}: {name} of a scalar; give it a whole array")
        return Tracer(_of_array(" ".join([name, *options]), result.value, argument))


def _elementwise(name: str, value: Value, argument: Value) -> Value:
    symbol = Symbol(name)

    def rule(indices: Any) -> Expr:
        return Called(symbol, value.at(indices), argument.at(indices), (), ())

    return Value(value.shape, (argument,), rule)


def _of_array(name: str, value: Value, argument: Value) -> Value:
    symbol = Symbol(name)
    places = fresh_indices(argument.shape)
    inner = tuple(i for i in places if i is not None)
    inside = argument.at(places)

    def rule(indices: Any) -> Expr:
        kept = tuple(i for i in indices if i is not None)
        return Called(symbol, value.at(indices), inside, inner, kept)

    return Value(value.shape, (argument,), rule)
