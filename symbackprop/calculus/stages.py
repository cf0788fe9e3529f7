"""The forms that a gradient has on the way to its simplest one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.poly import Poly
from symbackprop.calculus.fold import Elimination
from symbackprop.calculus.result import Fact
from symbackprop.messages import message


@dataclass(frozen=True)
class Stage:
    """A form, and what made it out of the one before it.

    why: the statement of a law, the equation that eliminated a kernel, or the gradient that was
        written in.
    """

    poly: Poly
    why: str | Elimination | Array
    facts: tuple[Fact, ...] = ()


DELTA = "δ_jk f_k = δ_jk f_j"
FACTS = "facts"
EXPANDED = message("distributive law")


def stages_of(
    before: Poly, *made: tuple[Poly, str | Elimination, tuple[Fact, ...]]
) -> tuple[Stage, ...]:
    """The stages that changed something."""
    found = []
    for poly, why, facts in made:
        if poly != before:
            found.append(Stage(poly, why, facts))
        before = poly
    return tuple(found)


def statement(law: Callable[..., Any]) -> str:
    """What a law states: the first line of its docstring."""
    return (law.__doc__ or "").strip().splitlines()[0].rstrip(".")
