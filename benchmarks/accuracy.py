"""How many digits generated code keeps: errors in units of the last place, beside the condition.

    python -m benchmarks accuracy [TARGET] [SECONDS] [LAYER…]

For random points of mixed scale (TARGET: numpy, numpy-fast or c; as many as are done in SECONDS
for each layer and dtype, 5 unless told, at most 10,000), as it reads, in exact forms and, of
numpy, in these with np.longdouble:
|computed - true| / ulp(true) / (1 + k), the largest of all elements and points. true: the derived
formula to 50 digits at the exact stored inputs (see `balls`). k: the condition number of the
element, Σ |x_i ∂f/∂x_i| / |f| over the real-valued inputs; labels and one-hot targets
count as exact (inputs that are to sum to 1 are one-hot at every other point). As many layers at a
time as there are processors. Writes `accuracy.md`, but for some layers only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import numpy as np

from benchmarks.errors import BOUND, worst
from benchmarks.measure import keep
from benchmarks.others import LAYERS, others
from symbackprop import catalogue, derive
from symbackprop.targets import NUMPY, Exact, modules_to_check

MOST = 10_000
PAGE = Path(__file__).with_name("accuracy.md")
_DTYPES = (np.float64, np.float32)
_SHORT = {np.float64: "64", np.float32: "32"}
_FORMS: dict[str, Exact] = {"plain": False, "exact": True, "extended": "extended"}
_HEAD = """# Accuracy

|computed - true| in units of the last place of the true value, divided by 1 + k with k the
condition number in the real-valued inputs (labels and one-hot targets count as exact): the largest
of random points of mixed scale, those of {seconds:g} seconds for each layer and dtype and at most
{most:,}, by the code of `{target}`, as it reads and in exact forms (`exact=True`; float32 is
computed in float64 then). Written by `python -m benchmarks accuracy`. {plain} of {count} layers are
at or under {bound:g} everywhere as they read, {exact} in exact forms; the others stand first.
"""
_EXTENDED = """
extended: exact forms in np.longdouble (`exact="extended"`; 64 bits where float64 has 53), rounded
once: {extended} layers are at or under {bound:g}.
"""
_BESIDE = """## Beside others

The same measure, value / gradient, of layers as a textbook writes them, by scipy.special and by
torch (its autodiff), of what is installed. The textbook adds 1e-7 inside the logarithm of
softmax-ce.
"""


def main(arguments: list[str]) -> None:
    """Measure the layers; if these are all, write the page."""
    target = arguments[0] if arguments else "numpy"
    seconds = float(arguments[1]) if len(arguments) > 1 else 5.0
    rows: list[dict[str, object]] = []
    names = arguments[2:] or catalogue.names()
    with ProcessPoolExecutor() as pool:
        for row in pool.map(measured, names, repeat(target), repeat(seconds)):
            rows.append(row)
            print("  ".join(_cells(row)), flush=True)
    if not arguments[2:]:
        _write(rows, beside(target, seconds), target, seconds)


def measured(name: str, target: str, seconds: float) -> dict[str, object]:
    """The largest errors of a layer, of both forms and dtypes."""
    derivation = derive(name)
    modules = {f: modules_to_check(derivation.backward, target, e)[-1]
               for f, e in forms(target).items()}  # fmt: skip
    errors = {}
    for dtype in _DTYPES:
        found, done = worst(derivation, [*modules.values()], dtype, MOST, seconds)
        errors[dtype] = dict(zip(modules, found, strict=True)), done
    row: dict[str, object] = {"layer": name}
    row |= {f"points {_SHORT[dtype]}": done for dtype, (_, done) in errors.items()}
    for form in modules:
        for dtype, (by_form, _) in errors.items():
            row |= {f"{form} {kind} {_SHORT[dtype]}": by_form[form][gradient]
                    for kind, gradient in (("value", False), ("gradient", True))}  # fmt: skip
    return row


def forms(target: str) -> dict[str, Exact]:
    """The forms that a target has, by their titles."""
    return {f: e for f, e in _FORMS.items() if e in (False, True) or target == NUMPY}


def beside(target: str, seconds: float, layers: Sequence[str] = LAYERS) -> list[dict[str, object]]:
    """The layers that others have too: the errors of value and gradient by each of them."""
    rows: list[dict[str, object]] = []
    found = others()
    for name in layers:
        derivation = derive(name)
        modules = {f: derivation.compile(target, exact=e) for f, e in forms(target).items()}
        runs = {**{title: has[name] for title, has in found.items() if name in has}, **modules}
        for dtype in _DTYPES:
            errors, done = worst(derivation, [*runs.values()], dtype, MOST, seconds)
            row: dict[str, object] = {"layer": name, "dtype": dtype.__name__, "points": done}
            row |= dict.fromkeys((*found, *modules), "")
            row |= {title: f"{e[False]:.2g} / {e[True]:.2g}"
                    for title, e in zip(runs, errors, strict=True)}  # fmt: skip
            rows.append(row)
            print("  ".join(_cells(row)), flush=True)
    return rows


def _write(
    rows: list[dict[str, object]], sides: list[dict[str, object]], target: str, seconds: float
) -> None:
    rows.sort(key=lambda r: (-_most(r, "exact"), -_most(r, "plain")))
    good = {form: sum(_most(r, form) <= BOUND for r in rows) for form in forms(target)}
    keep("accuracy", rows)
    head = (_HEAD + _EXTENDED * ("extended" in good)).format(
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
