"""The cost of each derived backward program against the published one's, by the same counter.

    python -m benchmarks.forms

Run it in the root of the checkout. Writes the table to `forms.md` beside this file. Exits with 1
if a program costs over 10 % more than its published form, or if two gradients are not equal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from symbackprop import derive
from symbackprop.calculus.costs import program_cost
from tests.calculus.closed_forms import published, sameness
from tests.derivations.published import PUBLISHED

BOUND = 1.10
TABLE = Path(__file__).with_name("forms.md")
HEAD = """\
# Derived and published backward programs

The cost of each layer's derived backward program and of the published one, both counted by
`symbackprop.algebra.cost`: operations weighted by the elements that they touch, each symbolic size
counted as 100, and a pass over memory for each array that is kept. "Equal" says how the gradients
were compared: by their normal forms, for all sizes, or in numbers at small sizes. Written by
`python -m benchmarks.forms`; the published programs are in `tests/derivations/published.py`.

| layer | gradients | derived | published | ratio | equal |
| --- | --- | ---: | ---: | ---: | --- |
"""


def row(name: str) -> tuple[str, float]:
    """The line of one layer, and how much its derived program costs for each of the published."""
    derived = derive(name).backward
    other = published(derived, PUBLISHED[name])
    same = sorted({sameness(derived, other, a.name) for a in derived.wrt})
    costs = program_cost(derived).total, program_cost(other).total
    ratio = costs[0] / costs[1] if costs[1] else 1.0 + costs[0]
    gradients = ", ".join(a.name for a in derived.wrt)
    shown = f"{costs[0]:,.0f} | {costs[1]:,.0f} | {ratio:.2f} | {', '.join(same)}"
    return f"| {name} | {gradients} | {shown} |", ratio if "false" not in same else float("inf")


def main() -> None:
    """Write the table and say what is above the bound."""
    rows = {name: row(name) for name in PUBLISHED}
    ratios = sorted(ratio for _, ratio in rows.values())
    above = [name for name, (_, ratio) in rows.items() if ratio > BOUND]
    summary = f"{len(rows)} layers; median ratio {median(ratios):.2f}; above {BOUND:.2f}: "
    summary += (", ".join(above) or "none") + "."
    lines = "\n".join(line for line, _ in rows.values())
    TABLE.write_text(f"{HEAD}{lines}\n\n{summary}\n", encoding="utf-8")
    print(summary)
    sys.exit(1 if above else 0)


if __name__ == "__main__":
    main()
