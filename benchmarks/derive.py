"""Each catalogue entry derived in memory, and softmax-ce at several sizes.

    python benchmarks/derive.py [ROUNDS]

Caches are emptied before each derivation, so that every one does all its work. Exits with 1 if the
median entry takes 0.15 seconds or more, the slowest 3, or if the time depends on the size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median

from measure import close, interleaved, keep, show
from sympy.core.cache import clear_cache

from symbackprop import catalogue, derive
from symbackprop.algebra.registry import clear_caches

MEDIAN, SLOWEST = 0.15, 3.0
SIZES = (10, 1_000, 100_000)


def case(name: str, **options: object) -> Callable[[], object]:
    """A derivation from a cold start."""

    def run() -> object:
        clear_cache()
        clear_caches()
        return derive(name, **options)  # type: ignore[arg-type]

    return run


def main() -> None:
    """Measure, keep and show."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    layers = interleaved({name: case(name) for name in catalogue.names()}, rounds)
    rows = [{"layer": name, "seconds": t["median"]} for name, t in layers.items()]
    keep("derive", rows)
    show(rows)
    sizes = interleaved(
        {f"n = {n}": case("softmax-ce", shapes={"a": (n,), "t": (n,)}) for n in SIZES}, rounds
    )
    by_size = [{"softmax-ce": name, "seconds": t["least"]} for name, t in sizes.items()]
    keep("sizes", by_size)
    print()
    show(by_size)
    spread = max(t["least"] for t in sizes.values()) / min(t["least"] for t in sizes.values())
    times = [t["median"] for t in layers.values()]
    close(median(times) >= MEDIAN or max(times) >= SLOWEST or spread > 1.5)


if __name__ == "__main__":
    main()
