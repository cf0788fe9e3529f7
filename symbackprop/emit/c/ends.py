"""What a loop accumulates over its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr

from symbackprop.emit.c.groups import result_place
from symbackprop.emit.c.names import LOOPS
from symbackprop.emit.c.places import address
from symbackprop.emit.fast.graph import Node


@dataclass(frozen=True)
class End:
    """A sum or maximum over the rows. shape: of the parts that chunks of rows give."""

    node: Node
    name: str
    kind: str
    shape: tuple[Expr, ...]

    def accumulator(self, number: Callable[[Expr], str]) -> str:
        """What takes in the rows, in C: a number, or an element of an array. number: for sizes."""
        if not self.shape:
            return f"{self.name}_sum"
        places = zip(result_place(self.node), self.node.shape, strict=True)
        place = tuple(p for p, size in places if size != 1)
        return f"{self.name}[{address(place, self.shape, LOOPS, number)}]"
