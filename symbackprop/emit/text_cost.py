"""The cost of a backward program as a table for a terminal of 80 columns."""

from __future__ import annotations

import textwrap

from symbackprop.algebra.cost import CONTRACTION, FUNCTION, NOMINAL
from symbackprop.algebra.spelling import shape_text
from symbackprop.calculus.costs import ProgramCost, StepCost

_WIDTH = 80
_EXPLAINED = (
    "Operations: those of the expression as written, weighted by the elements that they touch, "
    f"an exp as {FUNCTION:g}, a multiply-add of a matrix product as {CONTRACTION:g}. Memory: "
    f"passes over arrays that later steps read. Each symbolic size counts as {NOMINAL}."
)


def text_cost(name: str, cost: ProgramCost) -> str:
    """One line a step, the total, and what is counted."""
    rows = [
        ("backward", "operations", "memory", "total"),
        *((_title(s), *map(_number, (s.operations, s.memory, s.total))) for s in cost.steps),
        ("total", *map(_number, (cost.operations, cost.memory, cost.total))),
    ]
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [
        title.ljust(first) + "".join(f"  {n:>{w}}" for n, w in zip(numbers, others, strict=True))
        for title, *numbers in rows
    ]
    return "\n".join([name, "", *lines, "", *textwrap.wrap(_EXPLAINED, _WIDTH)]) + "\n"


def _title(step: StepCost) -> str:
    shape = shape_text(step.array.shape)
    return f"  {step.array.name} ({shape})" if shape else f"  {step.array.name} scalar"


def _number(x: float) -> str:
    return f"{x:,.0f}"
