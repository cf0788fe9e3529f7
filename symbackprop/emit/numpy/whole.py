"""Sums over examples of what a weight is off by: whole numbers are summed apart from the rest.

    Σ_i c_i (y_ik - t_ik) = Σ_i c_i r_ik - Σ_i c_i w_ik
    r_ik = where(y_ik > 1/2, -ρ_i, y_ik),    w_ik = where(y_ik > 1/2, -(1 - t_ik), t_ik)

Two examples that are sure of the wrong class may each be off by nearly 1, and cancel; with labels
the w are 0, 1 or -1, whose sums are exact, and the r have all digits of what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Expr

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import rebuilt, without
from symbackprop.emit.numpy.algebra import renamed, times
from symbackprop.emit.numpy.forms import less
from symbackprop.emit.numpy.line import DOUT, Line
from symbackprop.emit.numpy.product import flat


@dataclass(frozen=True)
class Parts:
    """r and w of r - w, where the weights sum to 1 over k."""

    rest: Expr
    whole: Expr
    k: Index


def apart(
    lines: Sequence[Line], parts: Mapping[Expr, Parts], written: dict[Expr, Expr]
) -> list[Line]:
    """The steps of a backward pass with such sums so. parts: of what steps are multiples of.

    written: takes each sum that was written so, and the form.
    """
    multiples: dict[Array, tuple[Line, Expr]] = {}
    found = []
    for line in lines:
        factor = next((f for f in flat((line.expr,)) if f in parts), None)
        if factor is not None:
            multiples[line.array] = (line, factor)
        found.append(replace(line, expr=_apart(line.expr, multiples, parts, written)))
    return found


def _apart(
    expr: Basic, multiples: Mapping[Array, tuple[Line, Expr]], parts: Mapping[Expr, Parts],
    written: dict[Expr, Expr],
) -> Expr:  # fmt: skip
    if not expr.args or isinstance(expr, Element | Array | Index | Delta):
        return expr
    if isinstance(expr, IndexSum):
        factors = flat((expr.body,))
        for e in factors:
            if isinstance(e, Element) and e.array in multiples:
                line, factor = multiples[e.array]
                places = dict(zip(line.indices, e.indices, strict=True))
                found = parts[factor]
                if places[found.k] not in expr.bound:
                    scale = flat((renamed(times(*without(flat((line.expr,)), factor)), places),))
                    rest, whole = (renamed(part, places) for part in (found.rest, found.whole))
                    others = without(factors, e)
                    told = [*others, *(f for f in scale if f != DOUT[()])]
                    written[expr] = _sums(expr, told, rest, whole)
                    return _sums(expr, [*others, *scale], rest, whole)
    arguments = tuple(_apart(a, multiples, parts, written) for a in expr.args)
    return expr if arguments == expr.args else rebuilt(expr, arguments)


@lowering
def _sums(total: IndexSum, factors: Iterable[Expr], rest: Expr, whole: Expr) -> Expr:
    """Σ_i c_i (y_ik - t_ik) = Σ_i c_i r_ik - Σ_i c_i w_ik"""
    own: list[Expr] = []
    same: list[Expr] = []
    for f in factors:
        (own if set(free_indices(f)) & set(total.bound) else same).append(f)
    sums = (IndexSum(times(*own, part), *total.bound) for part in (rest, whole))
    return times(*same, less(*sums))
