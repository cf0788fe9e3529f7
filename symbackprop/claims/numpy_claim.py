"""Claims and definitions in NumPy's notation: read by the whitelist that forward passes have."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from symbackprop.errors import NotYet, Refused
from symbackprop.frontend.reader import Reader
from symbackprop.frontend.requirements import requirements
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import Value, numeric
from symbackprop.frontend.whitelist import expression, parse


def expression_of(text: str) -> ast.expr:
    """The one expression of a text; raises Refused for what is not on the whitelist."""
    statements = parse(text)
    if len(statements) != 1 or not isinstance(statements[0], ast.Expr):
        raise Refused(f"the claim {' '.join(text.split())!r} is not one expression; write y - t")
    return expression(statements[0])


def check_quotients(node: ast.expr, gradients: Collection[str]) -> None:
    """Raises Refused for dy/da of two gradients, which is meant as a derivative and is none."""
    for part in ast.walk(node):
        if not isinstance(part, ast.BinOp) or not isinstance(part.op, ast.Div):
            continue
        top = part.left
        while isinstance(top, ast.BinOp) and isinstance(top.op, ast.Mult | ast.MatMult | ast.Div):
            top = top.right
        above, below = (n.id if isinstance(n, ast.Name) else "" for n in (top, part.right))
        if above in gradients and below in gradients:
            raise Refused(
                f"the claim: {above}/{below} is a quotient of two gradients and no derivative; "
                f"write {below} for ∂L/∂{below[1:]}, and other derivatives by elements, as "
                "∂y[j]/∂a[k]"
            )


def read_numpy(node: ast.expr, names: Mapping[str, Tracer]) -> Value:
    """The array of an expression in these names.

    Raises UnknownNameError, ShapeError, NotYet and other errors of the reader of forward passes.
    """
    with requirements():
        value = numeric(Reader(names).array(node))
    _check_matrices(value)
    return value


def _check_matrices(value: Value) -> None:
    """Raises NotYet for a function of a matrix that has no name."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        part = stack.pop()
        if part.serial in seen:
            continue
        seen.add(part.serial)
        if part.wish and part.array is None and not part.functions and any(
            a.wish and a.array is None for a in part.args
        ):
            raise NotYet("an inverse or a determinant of an expression; name the matrix in the "
                         "forward pass")  # fmt: skip
        stack.extend(part.args)
