"""What the benchmarks share: interleaved timing, a table, and the file that keeps the results."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

TURN = 1e-3
"""Seconds that a turn takes at least."""
LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What tells BLAS and OpenMP how many threads they may have."""
RESULTS = Path(__file__).with_name("results.json")


def interleaved(
    cases: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, dict[str, float]]:
    """Seconds of each case, least and median: one turn each, round after round.

    A turn of a case that takes less than a millisecond is as many calls as fill one: a single call
    would be measured with what the case before it left in the caches. A first round, which fills
    caches of files and of compiled modules, does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    calls = dict.fromkeys(cases, 1)
    for turn in range(rounds + 2):
        for name, case in cases.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                case()
            spent = (time.perf_counter() - start) / calls[name]
            if turn == 1:
                calls[name] = max(1, ceil(TURN / spent))
            elif turn:
                times[name].append(spent)
    return {name: {"least": min(t), "median": median(t)} for name, t in times.items()}


def process(arguments: Sequence[str]) -> Callable[[], object]:
    """A case that runs a whole process, with compiled modules kept on disc."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def case() -> object:
        return subprocess.run(arguments, env=environment, stdout=subprocess.DEVNULL, check=True)

    return case


def keep(section: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Put the rows of one benchmark into `results.json`, beside those of the others."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[section] = {"python": platform.python_version(), "rows": list(rows)}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def known(section: str) -> list[dict[str, Any]]:
    """The rows that are kept of one benchmark."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return list(results.get(section, {}).get("rows", []))


def show(rows: Sequence[Mapping[str, object]]) -> None:
    """Print the rows as a table; a row need not have all columns."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, *([_cell(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def close(failed: bool) -> None:
    """End with exit code 1 if a bound does not hold."""
    sys.exit(1 if failed else 0)


def with_one_thread(module: str) -> None:
    """Begin again, as `python -m MODULE`, with one thread for BLAS and OpenMP if there may be more.

    They look at the environment when they are loaded.
    """
    if any(os.environ.get(name) != "1" for name in LIMITS):
        command = [sys.executable, "-m", module, *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **dict.fromkeys(LIMITS, "1")})
