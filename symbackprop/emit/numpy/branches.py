"""What stands in a branch of a choice, where the same choice has made an array that it adds to.

where(c, f, y + g) = where(c, f, v + g)     for y = where(c, u, v)

So where(x > 0, 1, y + α) with y = α (exp(x) - 1) in that branch is where(x > 0, 1, α exp(x)), which
has digits left where exp(x) is small.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Basic, Expr

from symbackprop.algebra.nodes import Array, Delta, Element, Index, Where
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import unfolded
from symbackprop.emit.numpy.rational import as_quotient


def in_branches(expr: Expr, program: Program) -> Expr:
    """The expression with its branches so, where a sum becomes one term."""
    return _rewritten(expr, {d.array: d for d in program.definitions})


def _rewritten(expr: Basic, definitions: Mapping[Array, Definition]) -> Basic:
    if not expr.args or isinstance(expr, Element | Array | Index | Delta):
        return expr
    arguments = [_rewritten(a, definitions) for a in expr.args]
    if isinstance(expr, Where):
        condition, *branches = arguments
        arguments[1:] = [
            _in_branch(branch, condition, place, definitions)
            for place, branch in enumerate(branches, start=1)
        ]
    return expr if tuple(arguments) == expr.args else rebuilt(expr, tuple(arguments))


@lowering
def _in_branch(
    branch: Expr, condition: Basic, place: int, definitions: Mapping[Array, Definition]
) -> Expr:
    """where(c, f, y + g) = where(c, f, v + g) for y = where(c, u, v)"""
    if not isinstance(branch, Add):
        return branch
    opened = []
    for term in branch.args:
        inner = unfolded(term, definitions) if isinstance(term, Element) else None
        if isinstance(inner, Where) and inner.args[0] == condition:
            opened.append(inner.args[place])
        else:
            opened.append(term)
    if tuple(opened) == branch.args:
        return branch
    top, bottom = as_quotient(Add(*opened, evaluate=False))
    if isinstance(top, Add):
        return branch
    return top if bottom == 1 else top / bottom
