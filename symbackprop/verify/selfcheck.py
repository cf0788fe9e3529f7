"""The derived gradients held against numbers once, before anyone sees them.

At two points, along one random direction d each: Σ dx_i d_i by the derived formulas, against the
complex step of the forward pass as it was traced. It costs four evaluations of small arrays, and a
wrong gradient escapes it only where it is right at these points.
"""

from __future__ import annotations

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward
from symbackprop.errors import NotYet
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import Values
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import along, shown
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.sizes import possible

_POINTS = 2
_PATIENCE = 12  # points that are tried
_ROOM = 1e-12  # of the sum of the sizes; the numbers have 30 digits
_NOISE = 1e-28


def contradiction(program: Program, backward: Backward) -> str:
    """Where the gradients disagree with the program that was traced; "" where they do not.

    "" as well where no point is found at small sizes, and where a formula has no number.
    """
    pairs = zip(program.outputs, backward.upstream, strict=True)
    weighted = [output for output, upstream in pairs if upstream is not None]
    shapes = [a.shape for a in program.inputs]
    try:
        sampler = Sampler(program, 0, weighted=weighted)
        for sizes in possible(program.sizes, program.conditions, shapes)[:_POINTS]:
            point = sampler.draw(sizes, "ordinary", 0, patience=_PATIENCE)
            problem = _compared(program, backward, point, sampler)
            if problem:
                return problem
    except (NoPoint, Unrecognised, OutOfDomain, NotYet):
        pass
    return ""


def _compared(program: Program, backward: Backward, point: Point, sampler: Sampler) -> str:
    found = shown(backward, point)
    gradients = {t.array: values for t, values in found.values.items() if t.gradient}
    direction: dict[Array, Values] = {
        array: {place: sampler.rng.uniform(0.5, 2) for place in values}
        for array, values in gradients.items()
    }
    parts = [g * direction[a][p] for a, values in gradients.items() for p, g in values.items()]
    got, want = sum(parts), along(program, direction, point)
    size = sum(map(abs, parts)) + abs(want)
    # What cancels has digits of the terms that it is left of.
    terms = sum(scale for t, values in found.scales.items() if t.gradient
                for scale in values.values())  # fmt: skip
    if abs(got - want) <= _ROOM * size + _NOISE * terms:
        return ""
    sizes = ", ".join(f"{s}={n}" for s, n in point.sizes.items())
    return f"{float(got):.9g} where the forward pass gives {float(want):.9g} ({sizes})"
