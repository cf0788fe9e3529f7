"""The table and the figure of speed in the README, from the figures that were kept.

    python -m benchmarks readme

`python -m benchmarks speed` measures them and keeps them in `results.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- speed, by `python -m benchmarks readme` -->", "<!-- end of speed -->"
_LAYERS = ("softmax-ce", "layer-norm")
_COLUMNS = ("readable", "fast", "by hand", "c", "C by hand", "c exact", "jax.jit", "torch")


def kept() -> list[dict[str, Any]]:
    """The rows of the last measurement."""
    found: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))["speed"]["rows"]
    return found


def section(rows: Sequence[Mapping[str, Any]]) -> str:
    """The part of the README between the marks."""
    mine = [r for r in rows if r["layer"] in _LAYERS and r["threads"] == 1]
    mine = [r for r in mine if r["dtype"] == "float64"]
    columns = [c for c in _COLUMNS if all(c in r for r in mine)]
    lines = [["", "textbook, ms", *columns], ["---"] * (len(columns) + 2)]
    lines += [
        [f"{r['layer']} {r['shape']}", f"{r['ms']:.3g}", *(f"{r[c]:.2g}" for c in columns)]
        for r in mine
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    figure = "![softmax-ce, value and gradients](docs/speed-softmax-ce.svg)"
    return f"{START}\n\n{table}\n\n{figure}\n\n{END}"


def main() -> None:
    """Write the part of the README between the marks."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{section(kept())}{after}", encoding="utf-8")
