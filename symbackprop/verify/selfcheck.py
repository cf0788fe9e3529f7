"""The derived gradients, and generated code, held against numbers once, before anyone sees them.

At two points, along one random direction d each: Σ dx_i d_i by the derived formulas, against the
complex step of the forward pass as it was traced. It costs four evaluations of small arrays, and a
wrong gradient escapes it only where it is right at these points. Code is run at two points, too:
values and gradients against those of the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward
from symbackprop.errors import NotYet
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.generated import run_module
from symbackprop.verify.numeric import compared
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import Shown, Target, along, shown, vanishes
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import Values

_POINTS = 2
_PATIENCE = 12  # points that are tried
_ROOM = 1e-12  # of the sum of the sizes; the numbers have 30 digits
_NOISE = 1e-28
_ROUNDED = 1e-9  # of what rounding the operations of the formula may cost, in units of epsilon


def contradiction(program: Program, backward: Backward) -> str:
    """Where the gradients disagree with the program that was traced; "" where they do not.

    "" as well where no point is found at small sizes, or a node of the program has no numbers.
    """

    def problem(point: Point, sampler: Sampler) -> str:
        direction = {a: {place: sampler.rng.uniform(0.5, 2) for place in point.values[a]}
                     for a in backward.wrt}  # fmt: skip
        return _compared(backward, point, direction, along(program, direction, point))

    return first_problem(program, problem, _weighted(backward))


def miscomputed(backward: Backward, module: Any) -> str:
    """Where the code of a module disagrees with the formulas; "" where it does not.

    "" as well where `contradiction` looks at no point, and where code meets a floating-point error.
    """

    def problem(point: Point, _: Sampler) -> str:
        formulas = shown(backward, point)
        ran = run_module(module, backward, point)
        errors = [text for _, text in ran.problems]
        if any(text.startswith("FloatingPointError") for text in errors):
            return ""
        if errors:
            return errors[0]
        worst = max(compared(ran, formulas), key=lambda f: f.error)
        if worst.error <= _ROUNDED:
            return ""
        of = f"the gradient in {worst.of.array.name}" if worst.of.gradient else worst.of.array.name
        return f"{of} is {worst.got:.9g}, not {float(worst.want):.9g} ({point.lengths})"

    return first_problem(backward.program, problem, _weighted(backward))


def _weighted(backward: Backward) -> list[Array]:
    """The outputs that have an upstream gradient."""
    pairs = zip(backward.program.outputs, backward.upstream, strict=True)
    return [output for output, upstream in pairs if upstream is not None]


def first_problem(
    program: Program, problem: Callable[[Point, Sampler], str], weighted: Sequence[Array] = ()
) -> str:
    """The first problem at a few points. weighted: outputs for which these have cotangents."""
    shapes = [a.shape for a in program.inputs]
    try:
        sampler = Sampler(program, 0, weighted=weighted)
    except Unrecognised:  # no way is known to meet an equation that is declared
        return ""
    for sizes in possible(program.sizes, program.conditions, shapes)[:_POINTS]:
        try:
            point = sampler.draw(sizes, "ordinary", 0, patience=_PATIENCE)
            found = problem(point, sampler)
        except NoPoint:  # other sizes seldom help, and each point that is tried takes time
            return ""
        except (OutOfDomain, NotYet):
            continue
        if found:
            return found
    return ""


def _compared(
    backward: Backward, point: Point, direction: Mapping[Array, Values], want: Any
) -> str:
    try:
        found = shown(backward, point)
    except OutOfDomain as problem:
        return f"{problem} where the forward pass gives {float(want):.9g} ({point.lengths})"
    gradients = {t: values for t, values in found.values.items() if t.gradient}
    parts = [
        g * direction[t.array][p] for t, values in gradients.items() for p, g in values.items()
    ]
    return disagreement(found, gradients, parts, want, point)


def disagreement(
    found: Shown, targets: Iterable[Target], parts: Sequence[Any], want: Any, point: Point
) -> str:
    """Where a sum of parts, of the values of targets, is not what it is to be."""
    got = sum(parts)
    size = sum(map(abs, parts)) + abs(want)
    if not any(parts) and vanishes(want, max(1, *found.met)):
        return ""
    # What cancels has digits of the terms that it is left of.
    terms = sum(scale for t in targets for scale in found.scales[t].values())
    if abs(got - want) <= _ROOM * size + _NOISE * terms:
        return ""
    return (f"{float(got):.9g} where the forward pass gives {float(want):.9g} "
            f"({point.lengths})")  # fmt: skip
