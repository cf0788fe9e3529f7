"""Seconds for each element, and memory beyond the results, from 10^5 to 10^8 elements.

    python -m benchmarks.flat [LARGEST]

Value and gradients by the fast and the C module in float64, in memory that is there (`out=`, a
`Workspace`), the least of a few runs; and the largest sum of arrays that a run without such memory
held at once, beyond inputs and results, in blocks of rows (`BLOCK_BYTES` of the module). Exits with
1 where an element takes 1.5 times as long at one size as at another, or where more than two blocks
and a buffer of NumPy's own (8192 numbers) were held.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

from benchmarks.measure import close, keep, show, with_one_thread
from benchmarks.speed import inputs_of, with_memory
from symbackprop import derive
from symbackprop.errors import MissingCompiler

SIZES = (10**5, 10**6, 10**7, 10**8)
LAYERS: dict[str, Callable[[int], tuple[int, ...]]] = {
    "sigmoid": lambda n: (n,), "softmax-ce": lambda n: (n // 1000, 1000),
    "layer-norm": lambda n: (n // 1000, 1000),
}  # fmt: skip
FLAT, BLOCKS = 1.5, 2.0
_BUFFER = 8192 * 8
_SECONDS = 1.0


def least(run: Callable[[], object]) -> float:
    """The least time of at least three runs, and of about a second of them."""
    times: list[float] = []
    run()
    while len(times) < 3 or sum(times) < _SECONDS:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def held(module: ModuleType, inputs: list[Any]) -> float:
    """Blocks of memory that were held at once beyond inputs and results."""
    tracemalloc.start()
    if hasattr(module, "value_and_grad"):
        kept = module.value_and_grad(*inputs)
    else:
        y, saved = module.forward(*inputs[:-1])
        kept = y, saved, module.backward(saved, inputs[-1])
    results, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return max(0, peak - results - _BUFFER) / module.BLOCK_BYTES


def main() -> None:
    """Measure each layer at each size by each target."""
    with_one_thread("benchmarks.flat")
    largest = int(float(sys.argv[1])) if len(sys.argv) > 1 else SIZES[-1]
    rows: list[dict[str, object]] = []
    failed = False
    for layer, shape in LAYERS.items():
        derived = derive({"softmax-ce": "softmax-ce-batch"}.get(layer, layer))
        modules = {"fast": derived.compile("numpy-fast")}
        with suppress(MissingCompiler):
            modules["c"] = derived.compile("c")
        for target, module in modules.items():
            each: list[float] = []
            for size in (s for s in SIZES if s <= largest):
                inputs = inputs_of(layer, shape(size), "float64")
                blocks = held(module, inputs)
                each.append(least(with_memory(module, inputs)) / size * 1e9)
                rows.append({"layer": layer, "target": target, "elements": size,
                             "ns an element": each[-1], "blocks": blocks})  # fmt: skip
                failed |= blocks > BLOCKS
            failed |= max(each) > FLAT * min(each)
    keep("flat", rows)
    show(rows)
    close(failed)


if __name__ == "__main__":
    main()
