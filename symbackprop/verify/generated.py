"""Running what is checked: a generated module, and the user's forward function."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward
from symbackprop.verify.points import Point
from symbackprop.verify.reference import Target
from symbackprop.verify.scalars import Double
from symbackprop.verify.state import Sizes, State, Values

Doubles = NDArray[np.float64]
_FACTOR = -1.75


@dataclass
class Outcome:
    """What a module gave at one point: every array, with the call that it came from.

    problems: what is wrong whatever the values are (a warning, a dtype, a shape, an exception),
        by what it concerns; None for the whole module.
    """

    results: list[tuple[Target, str, Doubles]] = field(default_factory=list)
    problems: list[tuple[Target | None, str]] = field(default_factory=list)


def dense(array: Array, values: Values, sizes: Sizes, dtype: type = float) -> NDArray[Any]:
    """The values as one NumPy array of the array's full shape."""
    state = State(Double(), sizes, {})
    flat = [dtype(values[place]) for place in state.places(array.axes)]
    return np.array(flat, dtype=dtype).reshape([state.size(s) for s in array.shape])


def arguments(program: Program, point: Point) -> list[Doubles]:
    """The inputs as float64 arrays, in the program's order."""
    kinds = {a: int if a in program.labels else float for a in program.inputs}
    return [dense(a, point.values[a], point.sizes, kinds[a]) for a in program.inputs]


def run_module(module: Any, backward: Backward, point: Point) -> Outcome:
    """Call forward, backward and (for a scalar output) value_and_grad; nothing is raised."""
    outcome = Outcome()
    program = backward.program
    values = [Target(o, False) for o in program.outputs]
    gradients = [Target(a, True) for a in backward.wrt]
    inputs = arguments(program, point)
    kept = [x.copy() for x in inputs]
    cotangents = [
        dense(o, point.cotangents[o], point.sizes)
        for o, upstream in zip(program.outputs, backward.upstream, strict=True)
        if upstream is not None
    ]
    scalar = backward.upstream == (None,)
    # Underflow is no error: the mathematics is finite and 0 is the nearest float64.
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            out, saved = module.forward(*inputs)
            outs = out if len(program.outputs) > 1 else (out,)
            _collect(outcome, "forward", values, outs, point.sizes)
            grads = module.backward(saved, *cotangents)
            _collect(outcome, "backward", gradients, grads, point.sizes)
            if scalar:
                scaled = module.backward(saved, _FACTOR)
                undone = [np.asarray(g) / _FACTOR for g in scaled]
                label = f"backward(saved, {_FACTOR}) / {_FACTOR}"
                _collect(outcome, label, gradients, undone, point.sizes)
                value, grads = module.value_and_grad(*inputs)
                _collect(outcome, "value_and_grad", values, (value,), point.sizes)
                _collect(outcome, "value_and_grad", gradients, grads, point.sizes)
        except Exception as error:
            outcome.problems.append((None, f"{type(error).__name__}: {error}"))
    _unchanged(outcome, program, kept, inputs)
    return outcome


def run_function(
    function: Any, program: Program, outputs: Sequence[Target], results: Sequence[Target], at: Point
) -> Outcome:
    """Call a function that returns outputs, if there are any, and results; nothing is raised."""
    outcome = Outcome()
    groups = [group for group in (outputs, results) if group]
    inputs = arguments(program, at)
    kept = [x.copy() for x in inputs]
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            given = function(*inputs)
            for group, part in zip(groups, given if len(groups) > 1 else (given,), strict=True):
                label = getattr(function, "__name__", "function")
                _collect(outcome, label, group, part if len(group) > 1 else (part,), at.sizes)
        except Exception as error:
            outcome.problems.append((None, f"{type(error).__name__}: {error}"))
    _unchanged(outcome, program, kept, inputs)
    return outcome


def _unchanged(
    outcome: Outcome, program: Program, kept: Sequence[Doubles], inputs: Sequence[Doubles]
) -> None:
    for array, before, after in zip(program.inputs, kept, inputs, strict=True):
        if not np.array_equal(before, after):
            outcome.problems.append((None, f"the module changed its input {array.name}"))


def _collect(
    outcome: Outcome, label: str, of: Sequence[Target], got: Iterable[Any], sizes: Sizes
) -> None:
    state = State(Double(), sizes, {})
    found = list(got)
    if len(found) != len(of):
        outcome.problems.append((None, f"{label} returned {len(found)} arrays, not {len(of)}"))
        return
    for target, value in zip(of, found, strict=True):
        what = f"the gradient in {target.array.name}" if target.gradient else target.array.name
        wanted = tuple(state.size(s) for s in target.array.shape)
        given = np.asarray(value)
        if given.shape != wanted:
            problem = f"{label} gave {what} the shape {given.shape}, not {wanted}"
            outcome.problems.append((target, problem))
        elif given.dtype != np.float64:
            problem = f"{label} gave {what} the dtype {given.dtype}, not float64"
            outcome.problems.append((target, problem))
        else:
            outcome.results.append((target, label, given))
