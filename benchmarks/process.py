"""Whole processes, as ratios to `python -c "import sympy"` in the same run.

    python benchmarks/process.py [ROUNDS]

Exits with 1 if a ratio of the medians is above its bound.
"""

from __future__ import annotations

import sys
from pathlib import Path

from measure import close, interleaved, keep, process, show

COMMAND = str(Path(sys.executable).with_name("symbackprop"))

# What is run, and the ratio that it must not exceed.
CASES = {
    "import sympy": ([sys.executable, "-c", "import sympy"], None),
    "symbackprop --help": ([COMMAND, "--help"], 0.35),
    "symbackprop list": ([COMMAND, "list"], 0.6),
    "symbackprop derive softmax-ce --latex": ([COMMAND, "derive", "softmax-ce", "--latex"], 2.0),
    "symbackprop derive softmax-ce --steps --latex": (
        [COMMAND, "derive", "softmax-ce", "--steps", "--latex"], 4.0,
    ),
}


def main() -> None:
    """Measure, keep and show."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    times = interleaved({name: process(command) for name, (command, _) in CASES.items()}, rounds)
    base = times["import sympy"]["median"]
    rows = [
        {"process": name, "seconds": times[name]["median"], "ratio": times[name]["median"] / base,
         "bound": bound if bound is not None else "-"}
        for name, (_, bound) in CASES.items()
    ]
    keep("process", rows)
    show(rows)
    close(any(isinstance(row["bound"], float) and row["ratio"] > row["bound"] for row in rows))


if __name__ == "__main__":
    main()
