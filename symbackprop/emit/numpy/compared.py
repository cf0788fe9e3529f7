"""Powers that overflow beside a comparison that decides without them.

    p = exp(x), y = min(p, 1):  y = min(exp(x), 1) = exp(min(x, 0))
    p = exp(x), f [p < 1]:      f [exp(x) < 1] = f [x < 0]

An array of such powers is unfolded in comparisons where nothing else needs it unconditionally, so
that it is never computed where it may overflow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sympy import Basic, Pow, exp
from sympy.core.relational import Relational

from symbackprop.algebra.nodes import Array, Delta, Element, Index, Maximum, Minimum
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.result import Adjoint, Tangent
from symbackprop.emit.numpy.algebra import minus, unfolded
from symbackprop.emit.numpy.masks import exponents, saturated
from symbackprop.emit.numpy.scopes import conditional

Step = TypeVar("Step", Definition, Adjoint | Tangent)


def with_compared_powers(
    program: Program, steps: Sequence[Adjoint | Tangent]
) -> tuple[Program, list[Adjoint | Tangent]]:
    """The forward pass and the steps behind it, with such powers unfolded in comparisons."""
    steps = list(steps)
    powers = {d.array: d for d in program.definitions if any(map(_is_power, walk(d.expr)))}
    powers = {a: d for a, d in powers.items() if a not in program.outputs}
    if not powers:
        return program, steps
    opened = _opened(program.definitions, powers), _opened(steps, powers)
    if opened == (program.definitions, tuple(steps)):
        return program, steps
    _, unneeded = conditional(replace(program, definitions=opened[0]), opened[1])
    powers = {a: d for a, d in powers.items() if a in unneeded}
    program = replace(program, definitions=_opened(program.definitions, powers))
    return program, list(_opened(steps, powers))


def _is_power(node: Basic) -> bool:
    return isinstance(node, exp) or (isinstance(node, Pow) and not node.args[1].is_number)


def _opened(lines: Sequence[Step], powers: Mapping[Array, Definition]) -> tuple[Step, ...]:
    return tuple(replace(line, expr=_in_comparisons(line.expr, powers)) for line in lines)


@lowering
def _in_comparisons(expr: Basic, powers: Mapping[Array, Definition]) -> Basic:
    """min(p, t) = min(exp(x), t) and [p < t] = [exp(x) < t], for p = exp(x)."""
    if not expr.args or isinstance(expr, Element | Array | Index | Delta):
        return expr
    expr = rebuilt(expr, tuple(_in_comparisons(a, powers) for a in expr.args))
    if not isinstance(expr, Minimum | Maximum | Relational):
        return expr
    open_ = _unfolded(expr, powers)
    if open_ == expr:
        return expr
    if isinstance(expr, Relational):
        decided = exponents(minus(*open_.args), powers)
    else:
        decided = saturated(open_, powers)
    return expr if decided is None else open_


def _unfolded(expr: Basic, powers: Mapping[Array, Definition]) -> Basic:
    if isinstance(expr, Element):
        inner = unfolded(expr, powers)
        return expr if inner is None else _unfolded(inner, powers)
    if not expr.args or isinstance(expr, Array | Index | Delta):
        return expr
    return rebuilt(expr, tuple(_unfolded(a, powers) for a in expr.args))
