"""The cost of a backward program, step by step: operations, and passes over memory."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.algebra.cost import PASS, cost, elements_of
from symbackprop.algebra.nodes import Array
from symbackprop.calculus.result import Backward


@dataclass(frozen=True)
class StepCost:
    """The cost of one step.

    operations: those of its expression as written, each weighted by the elements that it touches.
    memory: the passes over an array that is kept for later steps; 0 for a gradient asked for.
    """

    array: Array
    operations: float
    memory: float

    @property
    def total(self) -> float:
        return self.operations + self.memory


@dataclass(frozen=True)
class ProgramCost:
    """The cost of each step, in order of computation, and of all of them."""

    steps: tuple[StepCost, ...]

    @property
    def operations(self) -> float:
        return sum(s.operations for s in self.steps)

    @property
    def memory(self) -> float:
        return sum(s.memory for s in self.steps)

    @property
    def total(self) -> float:
        return sum(s.total for s in self.steps)


def program_cost(backward: Backward) -> ProgramCost:
    """What the simplifier counts, of a whole backward program."""
    return ProgramCost(tuple(
        StepCost(s.array, cost(s.expr),
                 0.0 if s.of in backward.wrt else PASS * elements_of(s.indices))
        for s in backward.steps
    ))  # fmt: skip
