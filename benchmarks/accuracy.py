"""How many digits generated code keeps: errors in units of the last place, beside the condition.

    python -m benchmarks accuracy [TARGET] [POINTS]

For random points of mixed scale (TARGET: numpy, numpy-fast or c; POINTS for each layer and dtype,
20 unless told): |computed - true| / ulp(true) / (1 + k), the largest of all elements and points.
true: the derived formula to 80 digits at the exact stored inputs. k: the condition number of the
element, Σ |x_i ∂f/∂x_i| / |f| over the real-valued inputs; labels, and inputs that an equation
holds, such as one-hot targets, count as exact. Writes `accuracy.md`.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator
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
_DIGITS = 80
_STEP = Fraction(1, 10**30)
_DTYPES = (np.float64, np.float32)
_HEAD = """# Accuracy

|computed - true| in units of the last place of the true value, divided by 1 + k with k the
condition number in the real-valued inputs: the largest of {points} random points of mixed scale for
each layer, by the code of `{target}`. Written by `python -m benchmarks accuracy`. {good} of {count}
layers are at or under {bound:g} everywhere; the others stand first.
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
            factor = Fraction(2) ** rng.randint(-8, 6) if array in scaled else Fraction(1)
            values[array] = {
                place: x if array in program.labels else Fraction(float(dtype(float(x * factor))))
                for place, x in found.items()
            }
        yield replace(point, values=values, digits=_DIGITS)


def worst(derivation: Derivation, module: Any, dtype: Any, count: int) -> dict[bool, float]:
    """The largest error of outputs (False) and of gradients (True)."""
    found = {False: 0.0, True: 0.0}
    for point in points(derivation, dtype, count):
        try:
            errors = list(_errors(derivation, module, dtype, point))
        except (OutOfDomain, FloatingPointError):
            continue
        for target, error in errors:
            found[target.gradient] = max(found[target.gradient], error)
    return found


def _errors(
    derivation: Derivation, module: Any, dtype: Any, point: Point
) -> Iterator[tuple[Target, float]]:
    backward = derivation.backward
    program = backward.program
    true = shown(backward, point).values
    conditions = _conditions(derivation, point, true)
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
    """Measure every layer, and write the page."""
    target = arguments[0] if arguments else "numpy"
    count = int(arguments[1]) if len(arguments) > 1 else 20
    rows: list[dict[str, object]] = []
    for name in catalogue.names():
        derivation = derive(name)
        module = derivation.compile(target)
        small_blocks(module)
        row: dict[str, object] = {"layer": name}
        for dtype in _DTYPES:
            errors = worst(derivation, module, dtype, count)
            row |= {f"{kind} {dtype.__name__}": errors[gradient]
                    for kind, gradient in (("value", False), ("gradient", True))}  # fmt: skip
        rows.append(row)
        print("  ".join(f"{v:.2g}" if isinstance(v, float) else str(v) for v in row.values()),
              flush=True)  # fmt: skip
    rows.sort(key=lambda r: -_most(r))
    good = sum(_most(r) <= BOUND for r in rows)
    keep("accuracy", rows)
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns)]
    lines += [[f"{v:.2g}" if isinstance(v, float) else str(v) for v in r.values()] for r in rows]
    head = _HEAD.format(points=count, target=target, good=good, count=len(rows), bound=BOUND)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    PAGE.write_text(f"{head}\n{table}\n", encoding="utf-8")
    print(f"{good} of {len(rows)} layers are at or under {BOUND:g}")


def _most(row: dict[str, object]) -> float:
    return max(v for v in row.values() if isinstance(v, float))


if __name__ == "__main__":
    main(sys.argv[1:])
