"""Jacobians, Hessians and their products, held against numbers once, before anyone sees them.

At two points, along random directions v and w: v·J w by the formula against the complex step of
the forward pass along w, v·H w against the difference of two complex steps. That is a few
evaluations of small arrays, however many entries there are. Formulas of sums in sums in sums take
longer than a second; those are left to `verify`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbackprop.algebra.deadline import check_time, limited
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.jacobian import tabulated
from symbackprop.calculus.result import Jacobian, Product
from symbackprop.errors import TimedOut, VerificationError
from symbackprop.verify.points import Point, Sampler
from symbackprop.verify.reference import Target, evaluated
from symbackprop.verify.second import Direction, Slopes, slopes_of
from symbackprop.verify.selfcheck import disagreement, first_problem
from symbackprop.verify.state import Values

_SECONDS = 1.0


def check_product(found: Product) -> None:
    """A Jacobian- or Hessian-vector product; VerificationError where it disagrees."""
    targets = {Target(r, False): r for r in found.results}

    def problem(point: Point, sampler: Sampler) -> str:
        slopes = slopes_of(found, found.program, point)
        pairs = zip(found.wrt, found.directions, strict=True)
        w = {a: slopes.exactly(point.values[given]) for a, given in pairs}
        shown = evaluated(found.program, found.steps, targets, point)
        rows = found.of if found.loss is None else found.wrt
        v = {of: _random(shown.values[t], sampler) for of, t in zip(rows, targets, strict=True)}
        parts = [
            shown.values[t][p] * x
            for t, of in zip(targets, rows, strict=True) for p, x in v[of].items()
        ]
        return disagreement(shown, targets, parts, _truth(slopes, found.loss, v, w), point)

    _refuse(f"the {found.title} of {found.program.name}", found.program, problem)


def check_table(found: Jacobian, program: Program) -> None:
    """A Jacobian or Hessian, but for one in what is computed; VerificationError where it disagrees.

    What changes with an array that is computed cannot be measured.
    """
    moving = (found.of, found.wrt) if found.loss else (found.wrt,)
    if any(a not in program.inputs for a in moving):
        return
    table = tabulated(found, program)
    target = Target(table.results[0], False)
    axes = len(found.of.shape)

    def problem(point: Point, sampler: Sampler) -> str:
        slopes = slopes_of(found, program, point)
        shown = evaluated(table.program, table.steps, {target: target.array}, point)
        entries = shown.values[target]
        v = {found.of: _random(dict.fromkeys(p[:axes] for p in entries), sampler)}
        w = {found.wrt: _random(dict.fromkeys(p[axes:] for p in entries), sampler)}
        parts = [
            x * v[found.of][p[:axes]] * w[found.wrt][p[axes:]] for p, x in entries.items()
        ]
        return disagreement(shown, [target], parts, _truth(slopes, found.loss, v, w), point)

    kind = "Hessian" if found.loss else "Jacobian"
    _refuse(f"the {kind} of {program.name}", table.program, problem)


def _refuse(what: str, program: Program, problem: Callable[[Point, Sampler], str]) -> None:
    try:
        with limited(_SECONDS):
            found = first_problem(program, problem)
    except TimedOut:
        check_time()  # of the caller, who may have set a limit too
        return
    if found:
        raise VerificationError(what, found)


def _random(places: Values, sampler: Sampler) -> Values:
    return {place: sampler.rng.uniform(0.5, 2) for place in places}


def _truth(slopes: Slopes, loss: Array | None, v: Direction, w: Direction) -> Any:
    """v·J w, or v·H w for the Hessian of a loss."""
    if loss is not None:
        return slopes.second(loss, v, w)
    rates = {of: slopes.along(w, of) for of in v}
    return sum(rates[of][p] * x for of, values in v.items() for p, x in values.items())
