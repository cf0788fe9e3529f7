"""Value and gradients of layers, side by side: textbook, generated code, other libraries.

    python -m benchmarks speed [--without PEER] [LAYER…]

Interleaved rounds in one process for each number of threads (1 and 2); the least time of each, and
how many times faster than the textbook that is. Bytes a second count each input and each result
once. Figures are drawn where matplotlib is installed (`pip install "symbackprop[bench]"`).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.measure import LIMITS, TURN, interleaved, keep, known, show

Row = dict[str, Any]
DOCS = Path(__file__).parents[1] / "docs"
THREADS = (1, 2)
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "softmax-ce": [(1, 10), (64, 10), (128, 1000), (4096, 1000), (1024, 32000), (100_000, 10)],
    "sigmoid": [(10_000,), (1_000_000,), (10_000_000,)],
    "layer-norm": [(64, 128), (4096, 1024)],
    "batch-norm": [(128, 100), (4096, 1024)],
    "affine": [(100, 784, 50), (256, 1024, 1024)],
    "attention": [(128, 64), (1024, 64)],
    "two-layer": [(100, 784, 50, 10), (256, 1024, 1024, 1024)],
}
_LAYERS = {"softmax-ce": "softmax-ce-batch", "affine": "affine-batch"}
_SECONDS = 1.5  # for all rounds of a row, about


def inputs_of(layer: str, shape: tuple[int, ...], dtype: str) -> list[Any]:
    """Random inputs; for a layer whose output is an array, the upstream gradient stands last."""
    import numpy as np

    rng = np.random.default_rng(0)

    def normal(*sizes: int) -> Any:
        return rng.normal(size=sizes).astype(dtype)

    def one_hot(rows: int, classes: int) -> Any:
        return np.eye(classes, dtype=dtype)[rng.integers(0, classes, rows)]

    if layer == "softmax-ce":
        return [normal(*shape), one_hot(*shape)]
    if layer == "sigmoid":
        return [normal(*shape), normal(*shape)]
    if layer in ("layer-norm", "batch-norm"):
        return [normal(*shape), normal(shape[1]), normal(shape[1]), 1e-5, normal(*shape)]
    if layer == "affine":
        rows, width, out = shape
        return [normal(rows, width), normal(width, out), normal(out), normal(rows, out)]
    if layer == "attention":
        return [normal(*shape) for _ in range(4)]
    rows, width, hidden, classes = shape
    weights = [0.05 * normal(width, hidden), normal(hidden), 0.05 * normal(hidden, classes)]
    return [normal(rows, width), *weights, normal(classes), one_hot(rows, classes)]


def contestants(
    layer: str, inputs: Sequence[Any], without: Sequence[str] = ()
) -> dict[str, Callable[[], Any]]:
    """Value and gradients by everything that is here."""
    from benchmarks import byhand, plain, textbook
    from benchmarks.peers import peers
    from symbackprop import derive
    from symbackprop.errors import MissingCompiler

    wrt = {"two-layer": ["W1", "b1", "W2", "b2"]}.get(layer)
    derived = derive(_LAYERS.get(layer, layer), wrt=wrt)
    book = getattr(textbook, layer.replace("-", "_"))
    run = {"fast": derived.compile("numpy-fast"),
           "fast exact": derived.compile("numpy-fast", exact=True)}  # fmt: skip
    with suppress(MissingCompiler):
        run |= {"c": derived.compile("c"), "c exact": derived.compile("c", exact=True)}
    ours = {name: with_memory(module, inputs) for name, module in run.items()}
    tuned = {"by hand": getattr(byhand, layer.replace("-", "_"))(*inputs)}
    in_c = getattr(plain, layer.replace("-", "_"), None)
    if in_c is not None and plain.compiler() is not None:
        tuned["C by hand"] = in_c(*inputs)
    return {"textbook": lambda: book(*inputs), "readable": _plain(derived.compile(), inputs),
            **ours, **tuned, **peers(layer, inputs, without)}


def _plain(module: ModuleType, inputs: Sequence[Any]) -> Callable[[], Any]:
    """Value and gradients by the readable module."""
    if hasattr(module, "value_and_grad"):
        return lambda: module.value_and_grad(*inputs)

    def run() -> object:
        value, kept = module.forward(*inputs[:-1])
        return value, module.backward(kept, inputs[-1])

    return run


def with_memory(module: ModuleType, inputs: Sequence[Any]) -> Callable[[], Any]:
    """Value and gradients by a fast module, in memory that is there."""
    work = module.Workspace()
    if hasattr(module, "value_and_grad"):
        out = module.value_and_grad(*inputs)[1]
        return lambda: module.value_and_grad(*inputs, out=out, workspace=work)
    y, saved = module.forward(*inputs[:-1])
    grads = module.backward(saved, inputs[-1])

    def run() -> object:
        value, kept = module.forward(*inputs[:-1], out=(y,), workspace=work)
        return value, module.backward(kept, inputs[-1], out=grads, workspace=work)

    return run


def row(layer: str, shape: tuple[int, ...], dtype: str, without: Sequence[str] = ()) -> Row:
    """The times of one layer at one shape."""
    inputs = inputs_of(layer, shape, dtype)
    cases = contestants(layer, inputs, without)
    for case in cases.values():
        case()
    start = time.perf_counter()
    for case in cases.values():
        case()
    turns = max(time.perf_counter() - start, TURN * len(cases))
    rounds = max(5, min(300, int(_SECONDS / turns)))
    times = {name: t["least"] for name, t in interleaved(cases, rounds).items()}
    value, grads = cases["fast"]()
    moved = sum(getattr(x, "nbytes", 0) for x in (*inputs, value, *grads))
    found: Row = {"layer": layer, "shape": "x".join(map(str, shape)), "dtype": dtype,
                  "ms": 1e3 * times["textbook"]}  # fmt: skip
    found |= {name: times["textbook"] / t for name, t in times.items() if name != "textbook"}
    return found | {"GB/s": moved / times["fast"] / 1e9}


def bandwidth() -> float:
    """GB a second that a copy of a large array reads and writes."""
    import numpy as np

    source = np.ones(2**24)
    target = np.empty_like(source)
    times = interleaved({"copy": lambda: np.copyto(target, source)}, 7)
    return 2 * source.nbytes / times["copy"]["least"] / 1e9


def bias() -> float:
    """How much the book's 1e-7 inside the logarithm changes the loss, relative to it."""
    from benchmarks import textbook
    from symbackprop import derive

    a, t = inputs_of("softmax-ce", (4096, 1000), "float64")
    a[t == 1] += 12.0
    right, _ = derive("softmax-ce-batch").compile().value_and_grad(a, t)
    return float(textbook.softmax_ce(a, t)[0] / right - 1)


def measured(layers: Sequence[str], without: Sequence[str]) -> None:
    """The rows of a process with its number of threads, as lines of JSON."""
    for layer in layers:
        for dtype in ("float64", "float32"):
            for shape in SHAPES[layer]:
                print(json.dumps(row(layer, shape, dtype, without)), flush=True)
    print(json.dumps({"bandwidth": bandwidth(), "bias": bias()}))


def main(layers: Sequence[str], without: Sequence[str]) -> None:
    """Measure with each number of threads, show, keep, draw. without: peers to leave out.

    The rows of layers that are not measured now stay as they were.
    """
    from benchmarks.peers import missing, names

    absent = list(dict.fromkeys([*missing(), *without]))
    unknown = [name for name in layers if name not in SHAPES]
    if unknown:
        sys.exit(f"no benchmark of {unknown[0]}; there are {', '.join(SHAPES)}")
    strange = [name for name in without if name not in names()]
    if strange:
        sys.exit(f"no peer {strange[0]}; there are {', '.join(names())}")
    kept: list[Row] = []
    for threads in THREADS:
        command = [sys.executable, "-m", "benchmarks", "speed", "--measure", *(layers or SHAPES)]
        command += [word for name in without for word in ("--without", name)]
        done = subprocess.run(command, env={**os.environ, **dict.fromkeys(LIMITS, str(threads))},
                              stdout=subprocess.PIPE, text=True, check=True)  # fmt: skip
        *rows, last = map(json.loads, done.stdout.splitlines())
        print(f"\n{threads} thread(s), {platform.processor() or platform.machine()}: "
              f"times faster than the textbook; a copy moves {last['bandwidth']:.1f} GB/s")
        show(rows)
        kept += [{"threads": threads, **r} for r in rows]
    print(f"\nThe 1e-7 inside the book's logarithm changes a confident loss by {last['bias']:.1e}.")
    if absent:
        print(f"not measured: {', '.join(absent)}")
    kept = beside(known("speed"), kept)
    keep("speed", kept)
    text = page(kept, last["bandwidth"], last["bias"], absent)
    (DOCS / "speed.md").write_text(text, encoding="utf-8")
    if find_spec("matplotlib") is None:
        print('no figures are drawn without matplotlib: pip install "symbackprop[bench]"')
    else:
        draw(kept)


def beside(before: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Rows, and those of other layers from before."""
    measured = {r["layer"] for r in rows}
    found = [*rows, *(r for r in before if r["layer"] not in measured)]
    return sorted(found, key=lambda r: (r["threads"], list(SHAPES).index(r["layer"])))


_HEAD = """# Speed

Value and gradients together, how many times faster than the textbook's NumPy (whole arrays, a
temporary for each operation); the least time of interleaved rounds, one thread. `fast` is
`derive --numpy --fast` with `out=` and a `Workspace`, `c` the same with its loops in C
(`compile("c")`), `exact` in forms that keep the last digits; `by hand` is NumPy tuned by hand
(benchmarks/byhand.py), `C by hand` plain C with -ffast-math and one thread (benchmarks/plain.c),
which is wrong for infinities and NaN. Written by `python -m benchmarks speed`; the machine was
shared, so a figure is good to a tenth or two. The textbook's code at 1024x32000 makes four arrays
of 262 MB, which the system took from 230 ms to a second for in different runs: there the columns
are to be compared with one another. jax takes all cores, however many threads are asked for.
"""


def page(rows: Sequence[Row], copied: float, biased: float, absent: Sequence[str]) -> str:
    """`docs/speed.md`: a table for each layer, one thread."""
    parts = [_HEAD]
    for layer in dict.fromkeys(r["layer"] for r in rows):
        mine = [r for r in rows if r["layer"] == layer and r["threads"] == 1]
        columns = [c for c in mine[0] if c not in ("layer", "threads")]
        lines = [columns, ["---"] * len(columns)]
        lines += [[_number(r[c]) for c in columns] for r in mine]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts.append(f"## {layer}\n\n{table}\n\n![{layer}](speed-{layer}.svg)\n")
    parts.append(
        f"ms: the textbook's time. GB/s: inputs read and results written once, by `fast`; a copy "
        f"of a large array moves {copied:.1f} here. The 1e-7 that the book adds inside its "
        f"logarithm changes the loss of a confident classifier by {biased:.1e} of it.\n"
    )
    if absent:
        parts.append(f"Not measured: {', '.join(absent)}.\n")
    return "\n".join(parts)


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def draw(rows: Sequence[Row]) -> None:
    """A figure for each layer: how many times faster than the textbook, one thread."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "symbackprop"
    from matplotlib import pyplot

    known = {"layer", "shape", "dtype", "ms", "GB/s", "threads"}
    for layer in dict.fromkeys(r["layer"] for r in rows):
        mine = [r for r in rows if r["layer"] == layer and r["threads"] == 1]
        names = [n for n in mine[0] if n not in known]
        figure, axes = pyplot.subplots(figsize=(8, 0.35 * len(mine) * len(names) / 2 + 1.2))
        for n, name in enumerate(names):
            places = [i + (n + 0.5) / (len(names) + 1) for i in range(len(mine))]
            axes.barh(places, [r[name] for r in mine], 1 / (len(names) + 1), label=name)
        axes.set_yticks([i + 0.5 for i in range(len(mine))],
                        [f"{r['shape']} {r['dtype']}" for r in mine])  # fmt: skip
        axes.invert_yaxis()
        axes.axvline(1, color="gray", linewidth=0.8)
        axes.set_xlabel("times faster than textbook NumPy")
        axes.set_title(f"{layer}: value and gradients, one thread")
        axes.legend()
        figure.savefig(DOCS / f"speed-{layer}.svg", bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)
