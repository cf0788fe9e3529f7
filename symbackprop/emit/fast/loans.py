"""Rows that two loops compute, but the second one only where no block holds all of them.

Where one block has all rows, what a loop leaves in a buffer is there whole. If the memory of a
result of a later loop takes the same rows first, it is that buffer.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from symbackprop.emit.fast.buffers import Buffers, Chain, row_shapes
from symbackprop.emit.fast.graph import MAP, VIEW, Node
from symbackprop.emit.fast.stages import Loop


@dataclass(frozen=True)
class Loan:
    """Memory of a result that is lent to an earlier loop as the buffer of this number.

    again: the steps of the later loop that compute what the earlier one leaves there.
    """

    result: Node
    later: Loop
    earlier: Loop
    number: int
    again: tuple[Node, ...]


def loans(loops: Sequence[Loop], stored: Container[Node]) -> list[Loan]:
    """At most one for each result and each buffer; loops in the order in which they run."""
    buffers = {loop: Buffers(loop, stored) for loop in loops}
    found: list[Loan] = []
    for place, later in enumerate(loops):
        for chain in buffers[later].chains:
            for earlier in loops[:place]:
                loan = _loan(chain, later, earlier, buffers)
                taken = {(x.earlier, x.number) for x in found}
                if loan is not None and (loan.earlier, loan.number) not in taken:
                    found.append(loan)
                    break
    return found


def _loan(
    chain: Chain, later: Loop, earlier: Loop, buffers: Mapping[Loop, Buffers]
) -> Loan | None:
    if chain.result is None or earlier.size != later.size:
        return None
    if row_shapes(earlier) != row_shapes(later):  # their blocks may differ
        return None
    for number, key in enumerate(buffers[earlier].keys):
        users = [c for c in buffers[earlier].chains if c.number == number]
        left = max(users, key=lambda c: c.first).nodes[-1]
        if key != chain.key or left not in chain.nodes or not all(map(_is_map, (*users, chain))):
            continue
        again = chain.nodes[: chain.nodes.index(left) + 1]
        if _read_alone(again, later):
            return Loan(chain.result, later, earlier, number, tuple(again))
    return None


def _is_map(chain: Chain) -> bool:
    """Whether all steps compute elements, and may write to an array that is not in one piece."""
    return all(n.kind == MAP for n in chain.nodes)


def _read_alone(again: Sequence[Node], loop: Loop) -> bool:
    """Whether each but the last is read by the next one alone."""
    readers: dict[Node, set[Node]] = {}
    for user in (*loop.steps, *loop.ends):
        if user.kind != VIEW:
            for a in user.args:
                readers.setdefault(a.base, set()).add(user)
    return all(readers[n] == {following} for n, following in pairwise(again))
