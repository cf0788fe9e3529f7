"""How many digits generated code keeps: errors in units of the last place, beside the condition.

    python -m benchmarks accuracy [TARGET] [POINTS] [LAYER…]

For random points of mixed scale (TARGET: numpy, numpy-fast or c; POINTS for each layer and dtype,
20 unless told), as it reads and in exact forms: |computed - true| / ulp(true) / (1 + k), the
largest of all elements and points. true: the derived formula to 80 digits at the exact stored
inputs, and to 1000 where that is far off. k: the condition number of the element,
Σ |x_i ∂f/∂x_i| / |f| over the real-valued inputs; labels, and inputs that an equation holds, such
as one-hot targets, count as exact. Writes `accuracy.md`, but for some layers only.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import keep
from symbackprop import Derivation, catalogue, derive
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.trees import elements
from symbackprop.targets import small_blocks
from symbackprop.verify.generated import dense
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import Target, shown
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.sizes import possible

BOUND = 4.0
PAGE = Path(__file__).with_name("accuracy.md")
_DIGITS, _MANY_DIGITS = 80, 1000
_STEP = Fraction(1, 10**30)
_DTYPES = (np.float64, np.float32)
_SHORT = {np.float64: "64", np.float32: "32"}
_FORMS = ("plain", "exact")
_HEAD = """# Accuracy

|computed - true| in units of the last place of the true value, divided by 1 + k with k the
condition number in the real-valued inputs: the largest of {points} random points of mixed scale for
each layer, by the code of `{target}`, as it reads and in exact forms (`exact=True`). Written by
`python -m benchmarks accuracy`. {plain} of {count} layers are at or under {bound:g} everywhere as
they read, {exact} in exact forms; the others stand first.
"""


def free_inputs(derivation: Derivation) -> list[Array]:
    """The inputs that no assumption speaks of, and that are no labels: these are scaled."""
    program = derivation.backward.program
    bound = {e.array for a in program.assumptions for side in (a.left, a.right)
             for e in elements(side)}  # fmt: skip
    return [a for a in program.inputs if a not in bound and a not in program.labels]


def real_inputs(derivation: Derivation) -> list[Array]:
    """The inputs that have rounding errors of their own: no labels, none that an equation holds."""
    program = derivation.backward.program
    held = {e.array for a in program.assumptions if a.kind == "==" for side in (a.left, a.right)
            for e in elements(side)}  # fmt: skip
    return [a for a in program.inputs if a not in held and a not in program.labels]


def points(derivation: Derivation, dtype: Any, count: int) -> Iterator[Point]:
    """Points whose values are numbers of the dtype, each input on a scale of its own."""
    backward = derivation.backward
    program = backward.program
    weighted = [o for o, u in zip(program.outputs, backward.upstream, strict=True) if u is not None]
    rng = random.Random(f"{derivation.name} {dtype.__name__}")
    sampler = Sampler(program, rng.randrange(2**30), weighted=weighted)
    shapes = [a.shape for a in program.inputs]
    sizes = possible(program.sizes, program.conditions, shapes)[0]
    scaled = free_inputs(derivation)
    for _ in range(count):
        try:
            point = sampler.draw(sizes, "ordinary", 0)
        except NoPoint:
            return
        values = {}
        for array, found in point.values.items():
            scale = Fraction(2) ** rng.randint(-8, 6)
            values[array] = {
                place: _stored(x * scale * _full(rng) if array in scaled else x, dtype)
                for place, x in found.items()
            }
        yield replace(point, values=values, digits=_DIGITS)


def _full(rng: random.Random) -> Fraction:
    """A number near 1 with digits in all places."""
    return 1 + Fraction(rng.getrandbits(60), 2**64)


def _stored(x: Any, dtype: Any) -> Fraction:
    """The number of the dtype that is nearest; an integer stays."""
    return Fraction(float(dtype(float(x))))


def worst(
    derivation: Derivation, modules: Sequence[Any], dtype: Any, count: int
) -> list[dict[bool, float]]:
    """For each module the largest error of outputs (False) and of gradients (True)."""
    found = [{False: 0.0, True: 0.0} for _ in modules]
    for point in points(derivation, dtype, count):
        try:
            errors = _compared(derivation, modules, dtype, point)
            if any(error > BOUND for some in errors for _, error in some):
                # What is true may have lost its digits too, as 1 - tanh(400)^2 has.
                errors = _compared(derivation, modules, dtype, replace(point, digits=_MANY_DIGITS))
        except (OutOfDomain, FloatingPointError):
            continue
        for most, some in zip(found, errors, strict=True):
            for target, error in some:
                most[target.gradient] = max(most[target.gradient], error)
    return found


def _compared(
    derivation: Derivation, modules: Sequence[Any], dtype: Any, point: Point
) -> list[list[tuple[Target, float]]]:
    true = shown(derivation.backward, point).values
    conditions = _conditions(derivation, point, true)
    return [list(_errors(derivation, m, dtype, point, true, conditions)) for m in modules]


def _errors(
    derivation: Derivation, module: Any, dtype: Any, point: Point, true: Any, conditions: Any
) -> Iterator[tuple[Target, float]]:
    backward = derivation.backward
    program = backward.program
    inputs = [dense(a, point.values[a], point.sizes, int if a in program.labels else dtype)
              for a in program.inputs]  # fmt: skip
    cotangents = [dense(o, point.cotangents[o], point.sizes, dtype)
                  for o, u in zip(program.outputs, backward.upstream, strict=True) if u is not None]
    with np.errstate(over="raise"):
        out, saved = module.forward(*inputs)
        outputs = out if len(program.outputs) > 1 else (out,)
        grads = module.backward(saved, *cotangents)
    computed = [(Target(o, False), x) for o, x in zip(program.outputs, outputs, strict=True)]
    computed += [(Target(a, True), x) for a, x in zip(backward.wrt, grads, strict=True)]
    for target, array in computed:
        for place, got in zip(true[target], np.ravel(array), strict=True):
            want = true[target][place]
            unit = float(np.spacing(dtype(abs(float(want)))))
            if not math.isfinite(unit):
                continue
            error = float(abs(want - float(got))) / unit
            yield target, error / (1 + conditions[target][place])


def _conditions(derivation: Derivation, point: Point, true: Any) -> dict[Target, Any]:
    """k of each element of each result; upstream gradients are inputs of the backward pass."""
    found = {t: dict.fromkeys(values, 0.0) for t, values in true.items()}
    for moved in _moved(derivation, point):
        other = shown(derivation.backward, moved).values
        for t, values in true.items():
            for p, want in values.items():
                change = abs(other[t][p] - want)
                if change:
                    found[t][p] += float(change / abs(want) / _STEP) if want else math.inf
    return found


def _moved(derivation: Derivation, point: Point) -> Iterator[Point]:
    """The point with one value after the other changed a little."""
    for array in real_inputs(derivation):
        for place, x in point.values[array].items():
            if x:
                moved = {**point.values[array], place: x * (1 + _STEP)}
                yield replace(point, values={**point.values, array: moved})
    backward = derivation.backward
    for output, upstream in zip(backward.program.outputs, backward.upstream, strict=True):
        for place, x in point.cotangents[output].items() if upstream is not None else ():
            if x:
                moved = {**point.cotangents[output], place: x * (1 + _STEP)}
                yield replace(point, cotangents={**point.cotangents, output: moved})


def main(arguments: list[str]) -> None:
    """Measure the layers; if these are all, write the page."""
    target = arguments[0] if arguments else "numpy"
    count = int(arguments[1]) if len(arguments) > 1 else 20
    rows: list[dict[str, object]] = []
    for name in arguments[2:] or catalogue.names():
        derivation = derive(name)
        modules = [derivation.compile(target, exact=exact) for exact in (False, True)]
        for module in modules:
            small_blocks(module)
        row: dict[str, object] = {"layer": name}
        measured = {dtype: worst(derivation, modules, dtype, count) for dtype in _DTYPES}
        for form, title in enumerate(_FORMS):
            for dtype, found in measured.items():
                row |= {f"{title} {kind} {_SHORT[dtype]}": found[form][gradient]
                        for kind, gradient in (("value", False), ("gradient", True))}  # fmt: skip
        rows.append(row)
        print("  ".join(_cells(row)), flush=True)
    if not arguments[2:]:
        _write(rows, target, count)


def _write(rows: list[dict[str, object]], target: str, count: int) -> None:
    rows.sort(key=lambda r: (-_most(r, "exact"), -_most(r, "plain")))
    good = {title: sum(_most(r, title) <= BOUND for r in rows) for title in _FORMS}
    keep("accuracy", rows)
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *map(_cells, rows)]
    head = _HEAD.format(points=count, target=target, count=len(rows), bound=BOUND, **good)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    PAGE.write_text(f"{head}\n{table}\n", encoding="utf-8")
    print(f"at or under {BOUND:g}: {good} of {len(rows)} layers")


def _cells(row: dict[str, object]) -> list[str]:
    return [f"{v:.2g}" if isinstance(v, float) else str(v) for v in row.values()]


def _most(row: dict[str, object], title: str) -> float:
    return max(v for k, v in row.items() if isinstance(v, float) and k.startswith(title))


if __name__ == "__main__":
    main(sys.argv[1:])
