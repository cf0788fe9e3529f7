"""All comparisons of one derivation at one point.

The error of a float64 result g against the exact value w is |g - w| / max(|w|, s). s is the
rounding scale of the shown formula (see `rounding`), what rounding each of its operations may
cost in units of epsilon: y - t is compared relative to y, whatever is left of it. s is cut off
at the largest number in the problem (an input, a weight, a gradient entry, a definition up to
1e10) or at 1e6 |w|, so that a result that is pure noise never passes. Differences below 1e-300,
where float64 underflows, count as 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symbackprop.algebra.nodes import Array
from symbackprop.calculus.result import Backward
from symbackprop.verify.function import Forward, interpreted, takes_complex
from symbackprop.verify.generated import Doubles, Outcome, arguments, dense, run_module
from symbackprop.verify.matrices import definite
from symbackprop.verify.points import MOST_DIGITS, Point
from symbackprop.verify.reference import Shown, Table, Target, gradients, shown, vanishes
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.state import Values

NUMPY, FORMULA, FUNCTION, COMPLEX, DIFFERENCES = 1e-12, 1e-20, 1e-10, 1e-9, 1e-6
CHECKS: Mapping[str, float] = {
    "numpy": NUMPY, "formula": FORMULA, "function": FUNCTION, "complex step": COMPLEX,
    "differences": DIFFERENCES,
}  # fmt: skip
PROGRAM = "of the traced program: the function takes no complex numbers"
ROOM = 0.01
_UNDERFLOW = 1e-300
_CREDIBLE = 1e6
"""A result with six digits right is not noise: rounding may explain the others."""


@dataclass(frozen=True)
class Finding:
    """One comparison: of what, by which check, its largest error, and where that was.

    got, want: the two numbers at `place`; None where `detail` says what went wrong.
    """

    of: Target
    check: str
    error: float
    place: tuple[int, ...] = ()
    got: Any = None
    want: Any = None
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether the error is above the check's tolerance, or not a number."""
        return not self.error <= CHECKS[self.check]


class Unusable(Exception):
    """The point proves nothing: its exact gradients are not known or do not fit into float64."""


def compare(
    backward: Backward, module: Any, function: Callable[..., Any] | None, point: Point, *others: Any
) -> list[Finding]:
    """Every check at one point; others: further generated modules. Raises Unusable."""
    try:
        truth = gradients(backward.program, backward.wrt, point)
    except OutOfDomain as problem:
        raise Unusable(f"the exact gradients: {problem}") from None
    found = measured(
        truth,
        lambda: shown(backward, point),
        lambda: run_module(module, backward, point),
        point,
    )
    _saves_what_is_too_large(module, found, point)
    findings = list(found.findings)
    if point.digits < MOST_DIGITS and any(f.failed and f.check == "formula" for f in findings):
        # A small derivative of a large value: the reference itself may have lost its digits.
        return compare(backward, module, function, replace(point, digits=MOST_DIGITS), *others)
    for other in others if found.outcome is not None else ():
        findings += _module(run_module(other, backward, point), found.exact, found.scales)
    if found.outcome is not None and point.kind == "ordinary":
        computed = {t: got for t, label, got in found.outcome.results if label == "backward"}
        findings += _function(backward, function, point, found.exact, found.scales, computed)
    return findings


def _saves_what_is_too_large(module: Any, found: Measured, point: Point) -> None:
    """Raise Unusable at an extreme point where code overflows for a definition that it hands on.

    What `forward` saves is made of the user's own arrays; one that float64 cannot hold is inf.
    """
    problems = [text for _, text in found.outcome.problems] if found.outcome is not None else []
    overflows = all("overflow" in text for text in problems)
    if not problems or not overflows or point.kind != "extreme":
        return
    fields = getattr(getattr(module, "Saved", None), "_fields", ())
    for array in found.beyond:
        if array.name in fields:
            raise Unusable(f"{array.name}, which the gradient is made of, is too large for float64")


@dataclass(frozen=True)
class Measured:
    """Formulas and code against the truth: the findings, and what they were measured by.

    outcome: None where the formulas have no value, and no code was run.
    """

    findings: list[Finding]
    exact: Table
    scales: Table
    outcome: Outcome | None
    beyond: frozenset[Array] = frozenset()


def measured(
    truth: Table, show: Callable[[], Shown], run: Callable[[], Outcome], point: Point
) -> Measured:
    """The shown formulas and the generated code against the truth; raises Unusable."""
    wanted = [w for values in truth.values() for w in values.values()]
    if any(abs(w) > 1e308 for w in wanted):
        raise Unusable("a derivative is too large for float64")
    try:
        formulas = show()
    except OutOfDomain as problem:
        detail = f"the shown steps: {problem}"
        failed = [Finding(target, "formula", math.inf, detail=detail) for target in truth]
        return Measured(failed, truth, {}, None)
    cap = _largest(point, [*wanted, *formulas.met])
    for target, values in truth.items():
        for place, w in values.items():
            if formulas.values[target][place] == 0 and vanishes(w, cap):
                values[place] = w * 0
    exact = formulas.values | truth
    scales = {t: {p: min(s, max(cap, _CREDIBLE * float(abs(exact[t][p])))) for p, s in v.items()}
              for t, v in formulas.scales.items()}  # fmt: skip
    findings = [_formula(t, formulas.values[t], exact[t], scales[t]) for t in truth]
    outcome = run()
    findings += _module(outcome, exact, scales)
    return Measured(findings, exact, scales, outcome, formulas.beyond)


def compared(outcome: Outcome, formulas: Shown) -> list[Finding]:
    """What code gave at a point against the values of the shown formulas."""
    return _module(outcome, formulas.values, formulas.scales)


def _largest(point: Point, wanted: list[Any]) -> float:
    given = [x for table in (point.values, point.cotangents)
             for values in table.values() for x in values.values()]  # fmt: skip
    return max(1.0, *(float(abs(x)) for x in [*given, *wanted]))


def _formula(target: Target, shown: Values, exact: Values, scale: Values) -> Finding:
    """The shown formula to 30 digits: relative to the value itself, and to no scale above it."""
    worst = Finding(target, "formula", 0.0)
    for place, want in exact.items():
        got = shown[place]
        # Neither side is known better than its last digits allow.
        floor = scale[place] * 1e-15
        difference = abs(got - want)
        error = float(difference / max(abs(want), floor)) if difference > _UNDERFLOW else 0.0
        if not error <= worst.error:
            worst = Finding(target, "formula", error, place, got, want)
    return worst


def _module(outcome: Outcome, exact: Table, scales: Table) -> list[Finding]:
    findings = [
        Finding(target, "numpy", math.inf, detail=problem)
        for concerned, problem in outcome.problems
        for target in ([concerned] if concerned else exact)
    ]
    for target, label, got in outcome.results:
        error, place, want = _worst(got, exact[target], scales[target])
        findings.append(Finding(target, "numpy", error, place, got[place], want, label))
    return findings


def _worst(got: Doubles, want: Values, scales: Values) -> tuple[float, tuple[int, ...], Any]:
    """The largest error among the entries, its place and the exact value there."""
    found: tuple[float, tuple[int, ...], Any] = (-1.0, (), None)
    # Where an entry is an exact 0 that costs no rounding, the largest entry is the measure.
    most = max(max(abs(w), scales[axes]) for axes, w in want.items())
    for place, axes in zip(np.ndindex(got.shape), want, strict=True):
        g, w = float(got[place]), want[axes]
        if not math.isfinite(g):
            return math.inf, place, w
        difference = abs(w - g)
        error = 0.0
        if difference > _UNDERFLOW:
            size = max(abs(w), scales[axes]) or most
            error = float(difference / size) if size else math.inf
        if error > found[0]:
            found = (error, place, w)
    return found


def _function(
    backward: Backward, function: Callable[..., Any] | None, point: Point,
    exact: Table, scales: Table, computed: dict[Target, Doubles],
) -> list[Finding]:  # fmt: skip
    """The forward function against the program, and its derivatives against the module's."""
    program = backward.program
    traced = Forward(interpreted(program, point.sizes), program)
    forward = traced if function is None else Forward(function, program)
    try:
        outputs = forward.outputs(arguments(program, point))
    except Exception as problem:  # the user's function may raise anything
        detail = f"{type(problem).__name__}: {problem}"
        return [Finding(t, "function", math.inf, detail=detail) for t in exact if not t.gradient]
    findings = []
    for output, got in zip(program.outputs, outputs, strict=True):
        target = Target(output, False)
        flat = got.reshape(dense(output, exact[target], point.sizes).shape).real
        error, place, want = _worst(flat, exact[target], scales[target])
        findings.append(Finding(target, "function", error, place, flat[place], want))
    total = sum(abs(float(np.sum(w * np.real(o).reshape(w.shape))))
                for w, o in zip(traced.weights(point), outputs, strict=True))  # fmt: skip
    for target, got in computed.items():
        scale = max(float(s) for s in scales[target].values())
        slopes = forward.differences(target.array, point) if point.gap > ROOM else None
        with suppress(OutOfDomain):  # step by step in float64 the program may overflow
            step, detail = _complex_step(forward, traced, target, point, slopes)
            findings.append(close(target, "complex step", got, step, scale, detail))
        if slopes is not None:
            # A quotient knows nothing below the rounding of the function, over its step.
            noise = total * 1e-11 / DIFFERENCES
            if target.array in definite(program):
                got = (got + np.swapaxes(got, -1, -2)) / 2
            findings.append(close(target, "differences", got, slopes, max(scale, noise)))
    return findings


def _complex_step(
    forward: Forward,
    traced: Forward,
    target: Target,
    point: Point,
    slopes: Doubles | None,
) -> tuple[Doubles, str]:
    """The complex step of the function where it takes complex numbers, else of the program.

    slopes: the function's difference quotients, None next to a kink. np.var, np.vdot and
    np.linalg.norm conjugate complex numbers: where the step disagrees with the quotients, it is
    no derivative.
    """
    array = target.array
    if forward is not traced and takes_complex(forward.program):
        # A function may refuse complex numbers in any way, such as a warning from float().
        with suppress(Exception):
            step = forward.complex_step(array, point)
            other = traced.complex_step(array, point) if slopes is None else slopes
            if not close(target, "differences", step, other, 0.0).failed:
                return step, ""
    return traced.complex_step(array, point), "" if forward is traced else PROGRAM


def close(
    target: Target, check: str, got: Doubles, measured: Doubles, scale: float, detail: str = ""
) -> Finding:
    """Computed against measured derivatives, relative to the largest entry."""
    size = max(float(np.max(np.abs(measured))), scale, _UNDERFLOW)
    errors = np.abs(got - measured) / size
    worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
    place = tuple(int(p) for p in np.unravel_index(worst, got.shape))
    numbers = float(got[place]), float(measured[place])
    return Finding(target, check, float(errors[place]), place, *numbers, detail)
