"""One random forward pass held against NumPy and against 30-digit arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop import Derivation
from symbackprop.algebra.nodes import size_symbol
from symbackprop.calculus.result import Backward
from symbackprop.deriving import unchecked
from symbackprop.errors import SymbackpropError
from symbackprop.targets import modules_to_check
from symbackprop.verify.numeric import Finding, Unusable, compare
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import shown as exactly
from tests.programs.generate import Source

AGREES, WRONG, REFUSED, CRASHED, NO_POINT = "agrees", "wrong", "refused", "crashed", "no point"
SIZES = [
    {"n": 3, "d": 2, "m": 4, "k": 2, "h": 1},
    {"n": 2, "d": 3, "m": 1, "k": 1, "h": 2},
    {"n": 6, "d": 5, "m": 4, "k": 3, "h": 2},
]
"""Unequal sizes where two meet in one array, one of 1, and larger ones, for programs that cut."""
_ENOUGH = 2

_LARGEST = 1e60
_SMALLEST = 1e-300
_WIDE = 1e-14  # the error of 80 bits: a hundredth of what is allowed in float64
_ROOM = {"formula": 1e-33, "numpy": 1e-30, "function": 1e-12, "complex step": math.inf,
         "differences": math.inf}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What became of one program, and why."""

    verdict: str
    reason: str = ""


def check(
    source: Source, seed: int, assignments: Sequence[Mapping[str, int]] = SIZES,
    target: str = "numpy-fast",
) -> Verdict:  # fmt: skip
    """Derive, generate, and compare at one ordinary point for each assignment of sizes.

    The formulas and both forms of the generated code are held against a complex step with 30
    digits of the traced program, and the traced program against what NumPy computes. target: the
    generated code that is compared besides the readable.
    """
    function = source.function()
    try:
        derived = unchecked(function, shapes=source.shapes)
    except SymbackpropError as problem:
        return Verdict(REFUSED, f"{type(problem).__name__}: {problem}")
    except Exception as problem:
        return Verdict(CRASHED, f"{type(problem).__name__}: {problem}")
    try:
        return _compared(derived, function, seed, assignments, target)
    except Exception as problem:
        return Verdict(CRASHED, f"{type(problem).__name__}: {problem}")


def _compared(
    derived: Derivation,
    function: Callable[..., Any],
    seed: int,
    assignments: Sequence[Mapping[str, int]],
    target: str,
) -> Verdict:
    shown, module = derived.backward, derived.compile()
    others = modules_to_check(shown, target)
    program = shown.program
    pairs = zip(program.outputs, shown.upstream, strict=True)
    sampler = Sampler(program, seed, weighted=[o for o, u in pairs if u is not None])
    reason, points = "", 0
    for sizes in assignments:
        lengths = {size_symbol(n): s for n, s in sizes.items()}
        if points >= _ENOUGH or any(c.xreplace(lengths) < 0 for c in program.conditions):
            continue
        try:
            point = sampler.draw(lengths, "ordinary", 0)
            findings = compare(shown, module, function, point, *others)
        except (NoPoint, Unusable) as problem:
            reason = str(problem)
            continue
        if any(abs(finding.want or 0) > _LARGEST for finding in findings):
            reason = f"values above {_LARGEST:.0e}"
            continue
        if any(f.check == "function" and f.got and not math.isfinite(f.got) for f in findings):
            reason = "the function itself overflows"
            continue
        if _loses_digits(findings):
            reason = "the function itself loses its digits"
            continue
        if is_rounding(shown, (module, *others), point, findings):
            reason = "float64 has too few digits for it"
            continue
        points += 1
        for finding in findings:
            if finding.failed and not _is_noise(finding):
                place = f"{finding.of.array.name}{list(finding.place)}"
                what = f"{finding.check} of {place}: got {finding.got}, want {finding.want}"
                return Verdict(WRONG, f"{what} {finding.detail} at {sizes}")
    return Verdict(AGREES) if points else Verdict(NO_POINT, reason)


def _loses_digits(findings: Sequence[Finding]) -> bool:
    """Whether NumPy's own result and that of the generated code are both far from the exact one.

    A program that was traced wrong does not agree with NumPy, and one that is derived wrong or
    written wrong fails alone.
    """
    failed = {(f.of, f.check) for f in findings if f.failed and not f.of.gradient}
    return any((of, "function") in failed for of, check in failed if check == "numpy")


class _Wide:
    """A generated module that computes with 80 bits, between inputs and results in float64."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def forward(self, *inputs: Any) -> tuple[Any, Any]:
        out, saved = self._module.forward(*_wide(inputs))
        return tuple(map(np.float64, out)) if isinstance(out, tuple) else np.float64(out), saved

    def backward(self, saved: Any, *upstream: Any) -> list[Any]:
        return list(map(np.float64, self._module.backward(saved, *_wide(upstream))))

    def value_and_grad(self, *inputs: Any) -> tuple[Any, list[Any]]:
        value, grads = self._module.value_and_grad(*_wide(inputs))
        return np.float64(value), list(map(np.float64, grads))


def _wide(arrays: Sequence[Any]) -> list[Any]:
    return [x if np.asarray(x).dtype.kind in "iub" else np.longdouble(x) for x in arrays]


def is_rounding(
    shown: Backward, modules: Sequence[ModuleType], point: Point, findings: Sequence[Finding]
) -> bool:
    """Whether float64 is all that is wrong: with 80 bits the error is a hundred times smaller.

    They have 11 bits more; code that computes something else stays wrong. Nothing is told by a
    point at which float64 holds an array of the forward pass as 0 that is not.
    """
    if not any(f.failed and f.check == "numpy" and not _is_noise(f) for f in findings):
        return False
    if any(0 < abs(x) < _SMALLEST for x in exactly(shown, point).met):
        return True
    first, *others = map(_Wide, modules)
    again = compare(shown, first, None, point, *others)
    return all(f.error < _WIDE for f in again if f.check == "numpy")


def _is_noise(finding: Finding) -> bool:
    """Whether a finding is below what the measure itself resolves.

    Formula and code are held against 30 digits of the largest numbers. Difference quotients in
    float64 may step over a kink, and np.var conjugates complex steps: they add nothing to that.
    """
    room = _ROOM[finding.check]
    if finding.want is None:
        return False
    return bool(abs(finding.got - finding.want) <= room * (1 + abs(finding.want)))
