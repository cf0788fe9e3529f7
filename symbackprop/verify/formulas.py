"""The verdict on Jacobians, Hessians and their products: formulas and code against numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symbackprop.algebra.program import Program
from symbackprop.calculus.jacobian import tabulated
from symbackprop.calculus.result import Formula, Jacobian, Product
from symbackprop.errors import InputError
from symbackprop.verify.function import Forward
from symbackprop.verify.generated import run_function
from symbackprop.verify.numeric import ROOM, Finding, Measured, close, measured
from symbackprop.verify.points import Point
from symbackprop.verify.reference import Table, Target, evaluated
from symbackprop.verify.report import Report, Row, checked
from symbackprop.verify.second import product_truth, table_truth

_STEP = Fraction(1, 2**14)


def verify_product(
    name: str, found: Product, function: Callable[..., Any],
    forward: Callable[..., Any] | None = None, *, seed: int = 0,
) -> Report:  # fmt: skip
    """Check a Jacobian- or Hessian-vector product, as text and as generated code.

    function: the generated one. forward: the user's forward function, whose difference quotients
    are compared too where there is one.
    """

    def check(point: Point) -> list[Finding]:
        result = _measured(found, function, product_truth(found, point), point)
        findings = list(result.findings)
        if forward is not None and found.loss is None and point.kind == "ordinary":
            findings += _differences(found, forward, result, point)
        return findings

    return checked(Report(name, seed), _rows(found), found.program, check)


def verify_table(
    name: str, found: Jacobian, program: Program, function: Callable[..., Any], *, seed: int = 0
) -> Report:
    """Check a Jacobian or Hessian in an input, entry by entry.

    Raises InputError for one that is not in an input.
    """
    arrays = (found.wrt, found.of) if found.loss else (found.wrt,)
    for array in arrays:
        if array not in program.inputs:
            raise InputError(f"{array.name} is computed, and only what inputs do can be measured")
    formula = tabulated(found, program)
    target = Target(formula.results[0], False)

    def check(point: Point) -> list[Finding]:
        truth = {target: table_truth(found, program, point)}
        return _measured(formula, function, truth, point).findings

    return checked(Report(name, seed), _rows(formula), formula.program, check)


def _rows(formula: Formula) -> dict[Target, Row]:
    rows = {Target(o, False): Row(o.name, "value") for o in formula.program.outputs}
    return rows | {Target(r, False): Row(r.name, "formula") for r in formula.results}


def _measured(
    formula: Formula, function: Callable[..., Any], truth: Table, point: Point
) -> Measured:
    outputs = [Target(o, False) for o in formula.program.outputs]
    results = [Target(r, False) for r in formula.results]
    wanted = {target: target.array for target in (*outputs, *results)}
    return measured(
        truth,
        lambda: evaluated(formula.program, formula.steps, wanted, point),
        lambda: run_function(function, formula.program, outputs, results, point),
        point,
    )


def _differences(
    found: Product, forward: Callable[..., Any], result: Measured, point: Point
) -> list[Finding]:
    """The outputs of the user's function ahead and behind, against the rates of change."""
    if point.gap <= ROOM or result.outcome is None:
        return []
    plain = replace(found.program, inputs=found.program.inputs[: -len(found.directions)])
    user = Forward(forward, plain)

    def at(distance: int) -> list[Any]:
        values = dict(point.values)
        for array, given in zip(found.wrt, found.directions, strict=True):
            rates = point.values[given]
            values[array] = {
                p: x + distance * _STEP * rates[p] for p, x in point.values[array].items()
            }
        return user.at(replace(point, values=values))

    ahead, behind, far, back = at(1), at(-1), at(2), at(-2)
    got = {target: value for target, _, value in result.outcome.results}
    findings = []
    for place, array in enumerate(found.results):
        target = Target(array, False)
        if target in got:
            near = ahead[place] - behind[place]
            slope = (8 * near - far[place] + back[place]) / (12 * float(_STEP))
            scale = max(float(s) for s in result.scales[target].values())
            value = got[target]
            findings.append(
                close(target, "differences", value, slope.reshape(value.shape), scale)
            )
    return findings
