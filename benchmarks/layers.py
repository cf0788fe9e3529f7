"""Every layer of the catalogue by the fast and the C module, beside the readable one.

    python -m benchmarks.layers [LAYER…]

Value and gradients in float64, one thread, the least time of interleaved rounds, at the first sizes
(powers of 2, all the same but for those of windows, which are 3) at which the readable module takes
10 ms. Writes benchmarks/layers.md and results.json where no layer is named; the least gains stand
first. Exits with 1 where a module takes 1.25 times as long as the readable one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from sympy import Expr

from benchmarks.measure import TURN, close, interleaved, keep, show, with_one_thread
from symbackprop import Derivation, derive
from symbackprop.catalogue import names
from symbackprop.errors import MissingCompiler
from symbackprop.verify.matrices import arguments

ENOUGH, BOUND, LARGEST = 1e-2, 0.8, 2**23
PAGE = Path(__file__).with_name("layers.md")
HEAD = """# Every layer

Value and gradients by the fast and the C module, how many times faster than the readable one, in
float64 on one thread, at sizes at which that takes 10 ms. Written by `python -m benchmarks.layers`.
A layer that is one call of BLAS or LAPACK cannot gain; the machine was shared, so a figure is good
to a tenth or two.

"""


def inputs_of(
    derivation: Derivation, size: int, least: float = 0.1
) -> tuple[dict[str, int], list[Any]]:
    """The sizes, and inputs between `least` and 0.9; matrices with a large diagonal."""
    program = derivation.backward.program
    narrow = {s for c in program.conditions for s in c.free_symbols if c.coeff(s) < 0}
    sizes: dict[Expr, int] = {s: 3 if s in narrow else size for s in program.sizes}
    rng = np.random.default_rng(1)
    found: list[Any] = []
    for a in program.inputs:
        shape = tuple(int(s.subs(sizes)) for s in a.shape)
        if a in program.labels:
            found.append(rng.integers(0, 2, shape))
            continue
        x = rng.uniform(0.1 if a.sign else least, 0.9, shape)
        if len(shape) > 1 and shape[-1] == shape[-2] and a in arguments(program):
            x = x + np.swapaxes(x, -1, -2) + shape[-1] * np.eye(shape[-1])
        found.append(x)
    return {str(s): n for s, n in sizes.items()}, found


def run_of(derivation: Derivation, module: ModuleType, inputs: Sequence[Any]) -> Callable[[], Any]:
    """Value and gradients by a module, in memory that is there where it takes such."""
    work = {"workspace": module.Workspace()} if hasattr(module, "Workspace") else {}
    value, saved = module.forward(*inputs)
    values = value if isinstance(value, tuple) else (value,)
    upstream = derivation.backward.upstream
    cotangents = [np.ones_like(y) for y, u in zip(values, upstream, strict=True) if u is not None]
    grads = module.backward(saved, *cotangents)
    out = {"out": tuple(map(np.array, grads))} if work else {}
    first = {"out": tuple(map(np.array, values))} if work and all(map(np.ndim, values)) else {}
    if hasattr(module, "value_and_grad"):
        return lambda: module.value_and_grad(*inputs, **work, **out)

    def run() -> object:
        value, kept = module.forward(*inputs, **work, **first)
        return value, module.backward(kept, *cotangents, **work, **out)

    return run


def signed(derivation: Derivation) -> float:
    """-0.9 where the layer takes negative numbers, which decide between branches; else 0.1."""
    value, _ = derivation.compile().forward(*inputs_of(derivation, 8, -0.9)[1])
    values = value if isinstance(value, tuple) else (value,)
    return -0.9 if all(np.isfinite(y).all() for y in values) else 0.1


def row(name: str) -> dict[str, object]:
    """The times of one layer."""
    derivation = derive(name)
    modules = {"readable": derivation.compile(), "fast": derivation.compile("numpy-fast")}
    with suppress(MissingCompiler):
        modules["c"] = derivation.compile("c")
    size, spent, least = 4, 0.0, signed(derivation)
    while spent < ENOUGH:
        size *= 2
        sizes, inputs = inputs_of(derivation, size, least)
        run = run_of(derivation, modules["readable"], inputs)
        start = time.perf_counter()
        run()
        spent = time.perf_counter() - start
        if not sizes or max(x.size for x in inputs) > LARGEST:
            break
    cases = {n: run_of(derivation, m, inputs) for n, m in modules.items()}
    rounds = max(5, min(40, int(0.6 / max(spent, TURN))))
    times = {n: t["least"] for n, t in interleaved(cases, rounds).items()}
    plain = times.pop("readable")
    shown = ", ".join(f"{s} = {n}" for s, n in sizes.items())
    return {"layer": name, "sizes": shown, "ms": 1e3 * plain,
            **{n: plain / t for n, t in times.items()}}  # fmt: skip


def page(rows: Sequence[dict[str, Any]]) -> str:
    """The table, least gains first."""
    ordered = sorted(rows, key=lambda r: min(r["fast"], r.get("c", r["fast"])))
    lines = ["| layer | sizes | ms | fast | c |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {r['layer']} | {r['sizes']} | {r['ms']:.3g} | {r['fast']:.3g} | "
              f"{r.get('c', float('nan')):.3g} |" for r in ordered]  # fmt: skip
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Measure each layer."""
    with_one_thread("benchmarks.layers")
    asked = sys.argv[1:]
    rows: list[dict[str, Any]] = []
    with np.errstate(all="ignore"):
        for name in asked or names():
            rows.append(row(name))
            show(rows[-1:])
    if not asked:
        keep("layers", rows)
        PAGE.write_text(page(rows), encoding="utf-8")
    close(any(r[n] < BOUND for r in rows for n in ("fast", "c") if n in r))


if __name__ == "__main__":
    main()
