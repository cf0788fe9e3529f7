"""How many digits generated code keeps: errors in units of the last place, beside the condition.

    python -m benchmarks accuracy [TARGET] [SECONDS] [LAYER…]

For random points of mixed scale (TARGET: numpy, numpy-fast or c; as many as are done in SECONDS
for each layer and dtype, 5 unless told, at most 10,000), as it reads and in exact forms:
|computed - true| / ulp(true) / (1 + k), the largest of all elements and points. true: the derived
formula to 80 digits at the exact stored inputs, and to 1000 where that is far off. k: the condition
number of the element, Σ |x_i ∂f/∂x_i| / |f| over the real-valued inputs; labels and one-hot targets
count as exact (inputs that are to sum to 1 are one-hot at every other point). Writes
`accuracy.md`, but for some layers only.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import keep
from benchmarks.others import LAYERS, others
from symbackprop import Derivation, catalogue, derive
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.trees import elements
from symbackprop.targets import modules_to_check
from symbackprop.verify.generated import dense
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import Target, shown
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import Values

BOUND = 4.0
MOST = 10_000
PAGE = Path(__file__).with_name("accuracy.md")
_DIGITS, _MANY_DIGITS = 80, 1000
_STEP = Fraction(1, 10**30)
_DTYPES = (np.float64, np.float32)
_SHORT = {np.float64: "64", np.float32: "32"}
_FORMS = ("plain", "exact")
_HEAD = """# Accuracy

|computed - true| in units of the last place of the true value, divided by 1 + k with k the
condition number in the real-valued inputs (labels and one-hot targets count as exact): the largest
of random points of mixed scale, those of {seconds:g} seconds for each layer and dtype and at most
{most:,}, by the code of `{target}`, as it reads and in exact forms (`exact=True`). Written by
`python -m benchmarks accuracy`. {plain} of {count} layers are at or under {bound:g} everywhere as
they read, {exact} in exact forms; the others stand first.
"""
_BESIDE = """## Beside others

The same measure, value / gradient, of layers as a textbook writes them, by scipy.special and by
torch (its autodiff), of what is installed. The textbook adds 1e-7 inside the logarithm of
softmax-ce.
"""


def held_inputs(derivation: Derivation) -> set[Array]:
    """The inputs that an assumption speaks of; they are not scaled."""
    assumptions = derivation.backward.program.assumptions
    return {e.array for a in assumptions for side in (a.left, a.right) for e in elements(side)}


def real_inputs(derivation: Derivation, point: Point) -> list[Array]:
    """The inputs that have rounding errors of their own: no labels, no one-hot targets."""
    program, held = derivation.backward.program, held_inputs(derivation)
    return [a for a in program.inputs if a not in program.labels
            and not (a in held and {*point.values[a].values()} <= {0, 1})]  # fmt: skip


def one_hot(values: Values) -> Values:
    """Rows that sum to 1 as rows of one 1, at their largest; others as they are."""
    rows: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for place in values:
        rows.setdefault(place[:-1], []).append(place)
    if any(abs(sum(values[p] for p in row) - 1) > 1e-5 for row in rows.values()):
        return values
    tops = {max(row, key=lambda p: values[p]) for row in rows.values()}
    return {place: Fraction(place in tops) for place in values}


def points(derivation: Derivation, dtype: Any, count: int) -> Iterator[Point]:
    """Points whose values are numbers of the dtype, each input on a scale of its own."""
    backward = derivation.backward
    program = backward.program
    weighted = [o for o, u in zip(program.outputs, backward.upstream, strict=True) if u is not None]
    rng = random.Random(f"{derivation.name} {dtype.__name__}")
    sampler = Sampler(program, rng.randrange(2**30), weighted=weighted)
    shapes = [a.shape for a in program.inputs]
    sizes = possible(program.sizes, program.conditions, shapes)[:2][-1]  # the first may be n = 2
    held = held_inputs(derivation)
    for number in range(count):
        try:
            point = sampler.draw(sizes, "ordinary", 0)
        except NoPoint:
            return
        values = {}
        for array, found in point.values.items():
            scale = Fraction(2) ** rng.randint(-8, 6)
            values[array] = {
                place: _stored(x if array in held else x * scale * _full(rng), dtype)
                for place, x in found.items()
            } if array not in program.labels else found
            if array in held and number % 2:
                values[array] = one_hot(values[array])
        yield replace(point, values=values, digits=_DIGITS)


def _full(rng: random.Random) -> Fraction:
    """A number near 1 with digits in all places."""
    return 1 + Fraction(rng.getrandbits(60), 2**64)


def _stored(x: Any, dtype: Any) -> Fraction:
    """The number of the dtype that is nearest; an integer stays."""
    return Fraction(float(dtype(float(x))))


def worst(
    derivation: Derivation, modules: Sequence[Any], dtype: Any, count: int,
    seconds: float = math.inf,
) -> tuple[list[dict[bool, float]], int]:  # fmt: skip
    """For each module the largest error of outputs (False) and of gradients (True).

    modules: or functions of the inputs and the upstream gradients that return both.
    And the number of points: `count`, or what is done in so many seconds.
    """
    found = [{False: 0.0, True: 0.0} for _ in modules]
    done, end = 0, time.monotonic() + seconds
    for point in points(derivation, dtype, count):
        if done and time.monotonic() > end:
            break
        done += 1
        try:
            errors = _compared(derivation, modules, dtype, point)
            if any(error > BOUND for _, error in errors[-1]):
                # What is true may have lost its digits too, as 1 - tanh(400)^2 has; not where the
                # last module, in exact forms, agrees with it.
                errors = _compared(derivation, modules, dtype, replace(point, digits=_MANY_DIGITS))
        except (OutOfDomain, FloatingPointError):
            continue
        for most, some in zip(found, errors, strict=True):
            for target, error in some:
                most[target.gradient] = max(most[target.gradient], error)
    return found, done


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
    outputs, grads = _ran(module, inputs, cotangents)
    if len(program.outputs) == 1:
        outputs = (outputs,)
    computed = [(Target(o, False), x) for o, x in zip(program.outputs, outputs, strict=True)]
    computed += [(Target(a, True), x) for a, x in zip(backward.wrt, grads, strict=True)]
    for target, array in computed:
        for place, got in zip(true[target], np.ravel(array), strict=True):
            want = true[target][place]
            unit = float(np.spacing(dtype(abs(float(want)))))
            if not math.isfinite(unit):
                continue
            error = float(abs(want - float(got))) / unit if math.isfinite(got) else math.inf
            yield target, error / (1 + conditions[target][place])


def _ran(module: Any, inputs: list[Any], cotangents: list[Any]) -> Any:
    """Outputs and gradients by a module, or by a function of all that is given."""
    if callable(module):
        return module(*inputs, *cotangents)
    with np.errstate(over="raise"):
        out, saved = module.forward(*inputs)
        return out, module.backward(saved, *cotangents)


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
    for array in real_inputs(derivation, point):
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
    seconds = float(arguments[1]) if len(arguments) > 1 else 5.0
    rows: list[dict[str, object]] = []
    for name in arguments[2:] or catalogue.names():
        derivation = derive(name)
        modules = [modules_to_check(derivation.backward, target, e)[-1] for e in (False, True)]
        measured = {dtype: worst(derivation, modules, dtype, MOST, seconds) for dtype in _DTYPES}
        row: dict[str, object] = {"layer": name}
        row |= {f"points {_SHORT[dtype]}": done for dtype, (_, done) in measured.items()}
        for form, title in enumerate(_FORMS):
            for dtype, (found, _) in measured.items():
                row |= {f"{title} {kind} {_SHORT[dtype]}": found[form][gradient]
                        for kind, gradient in (("value", False), ("gradient", True))}  # fmt: skip
        rows.append(row)
        print("  ".join(_cells(row)), flush=True)
    if not arguments[2:]:
        _write(rows, beside(target, seconds), target, seconds)


def beside(target: str, seconds: float, layers: Sequence[str] = LAYERS) -> list[dict[str, object]]:
    """The layers that others have too: the errors of value and gradient by each of them."""
    rows: list[dict[str, object]] = []
    found = others()
    for name in layers:
        derivation = derive(name)
        modules = {title: derivation.compile(target, exact=title == "exact") for title in _FORMS}
        runs = {**{title: has[name] for title, has in found.items() if name in has}, **modules}
        for dtype in _DTYPES:
            errors, done = worst(derivation, [*runs.values()], dtype, MOST, seconds)
            row: dict[str, object] = {"layer": name, "dtype": dtype.__name__, "points": done}
            row |= dict.fromkeys((*found, *_FORMS), "")
            row |= {title: f"{e[False]:.2g} / {e[True]:.2g}"
                    for title, e in zip(runs, errors, strict=True)}  # fmt: skip
            rows.append(row)
            print("  ".join(_cells(row)), flush=True)
    return rows


def _write(
    rows: list[dict[str, object]], sides: list[dict[str, object]], target: str, seconds: float
) -> None:
    rows.sort(key=lambda r: (-_most(r, "exact"), -_most(r, "plain")))
    good = {title: sum(_most(r, title) <= BOUND for r in rows) for title in _FORMS}
    keep("accuracy", rows)
    head = _HEAD.format(
        seconds=seconds, most=MOST, target=target, count=len(rows), bound=BOUND, **good
    )
    page = f"{head}\n{_table(rows)}\n\n{_BESIDE}\n{_table(sides)}\n"
    PAGE.write_text(page, encoding="utf-8")
    print(f"at or under {BOUND:g}: {good} of {len(rows)} layers")


def _table(rows: list[dict[str, object]]) -> str:
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *map(_cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: dict[str, object]) -> list[str]:
    return [f"{v:.2g}" if isinstance(v, float) else str(v) for v in row.values()]


def _most(row: dict[str, object], title: str) -> float:
    return max(v for k, v in row.items() if isinstance(v, float) and k.startswith(title))


if __name__ == "__main__":
    main(sys.argv[1:])
