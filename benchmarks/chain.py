"""Chains of affine + relu layers: the time of each form against the number of layers.

    python benchmarks/chain.py [ROUNDS]

Caches are emptied before each derivation. Exits with 1 if a layer of the longest chain takes more
than twice the time of a layer of a chain of 8, in the derivation or in what it is printed as.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

from measure import close, keep, show
from sympy.core.cache import clear_cache

from symbackprop import derive
from symbackprop.algebra.registry import clear_caches
from symbackprop.derivation import Derivation

LENGTHS = (2, 8, 32, 64)
BOUND = 2.0
FORMS: dict[str, Callable[[Derivation], object]] = {
    "text": Derivation.text, "latex": Derivation.latex, "numpy": Derivation.numpy_source
}  # fmt: skip


def chain(layers: int) -> tuple[str, dict[str, tuple[str, ...]]]:
    """A forward pass of so many layers, with a scalar loss, and the shapes of its inputs."""
    lines = [f"h{k} = maximum(h{k - 1} @ W{k} + b{k}, 0)" for k in range(1, layers + 1)]
    shapes: dict[str, tuple[str, ...]] = {"h0": ("N", "D")}
    for k in range(1, layers + 1):
        shapes |= {f"W{k}": ("D", "D"), f"b{k}": ("D",)}
    return "\n".join([*lines, f"L = sum(h{layers}**2)/2"]), shapes


def turn(layers: int) -> dict[str, float]:
    """Seconds of one derivation from a cold start, and of each form of it."""
    text, shapes = chain(layers)
    clear_cache()
    clear_caches()
    start = time.perf_counter()
    derivation = derive(text, shapes=shapes)
    seconds = {"derive": time.perf_counter() - start}
    for name, form in FORMS.items():
        start = time.perf_counter()
        form(derivation)
        seconds[name] = time.perf_counter() - start
    return seconds


def main() -> None:
    """Measure, keep and show."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    turn(LENGTHS[0])  # imports what is imported where it is used
    turns = [{layers: turn(layers) for layers in LENGTHS} for _ in range(rounds)]
    rows: list[dict[str, object]] = []
    each: dict[int, float] = {}
    for layers in LENGTHS:
        times = {part: median(t[layers][part] for t in turns) for part in turns[0][layers]}
        each[layers] = sum(times.values()) / layers
        rows.append({"layers": layers, **times, "for each layer": each[layers]})
    keep("chain", rows)
    show(rows)
    close(each[LENGTHS[-1]] > BOUND * each[8])


if __name__ == "__main__":
    main()
