"""Which buffer holds what in a loop over blocks: memory is used again when its value is not."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from sympy import Expr

from symbackprop.emit.fast.graph import BOOL, FLOAT, MAP, VIEW, Node
from symbackprop.emit.fast.rewrites import OVERWRITES
from symbackprop.emit.fast.stages import Loop

Key = tuple[tuple[Expr, ...], str]
"""The shape of a row and the dtype."""
_NOT_IN_PLACE = frozenset({"where", "astype", "sign"})  # NumPy's sign is six times as slow so


@dataclass(eq=False)
class Chain:
    """Values that take each other's place, from the first step to the last that reads one.

    What is accumulated between two steps reads them half a step later.

    result: the stored node that the chain ends in, whose own memory it uses.
    """

    key: Key
    first: int
    last: float
    result: Node | None = None
    number: int = -1
    nodes: list[Node] = field(default_factory=list)


class Buffers:
    """Where each step of a loop writes to. keys: what each buffer is like."""

    def __init__(self, loop: Loop, stored: Container[Node]) -> None:
        self.keys: list[Key] = []
        self._of: dict[Node, Chain] = {}
        self.chains = self._chains(loop, stored)
        for chain in self.chains:
            if chain.result is None:
                self._number(chain, self.chains)

    def place(self, node: Node) -> Node | int:
        """The stored node in whose memory a step writes, or the number of its buffer."""
        chain = self._of[node]
        return chain.number if chain.result is None else chain.result

    def _chains(self, loop: Loop, stored: Container[Node]) -> list[Chain]:
        last = _last_uses(loop)
        chains: list[Chain] = []
        for step, node in enumerate(loop.steps):
            if node.kind == VIEW:
                continue
            key = key_of(node)
            replaced = node.args[-1:] if node.ufunc in OVERWRITES else node.args
            ending = [a for a in dict.fromkeys(b.base for b in replaced)
                      if a in self._of and last.get(a, -1) == step and key_of(a) == key
                      and self._of[a].result is None]  # fmt: skip
            if writes_in_place(node) and ending:
                chain = self._of[ending[0]]
            else:
                chain = Chain(key, step, step)
                chains.append(chain)
            chain.last = max(chain.last, last.get(node, step))
            if node in stored:
                chain.result = node
            chain.nodes.append(node)
            self._of[node] = chain
        return chains

    def _number(self, chain: Chain, chains: list[Chain]) -> None:
        """The first buffer of its kind that no other chain uses at the time."""
        busy = {c.number for c in chains
                if c.number >= 0 and c.first <= chain.last and chain.first <= c.last}  # fmt: skip
        for number, key in enumerate(self.keys):
            if key == chain.key and number not in busy:
                chain.number = number
                return
        chain.number = len(self.keys)
        self.keys.append(chain.key)


def writes_in_place(node: Node) -> bool:
    """Whether a step may write to the memory of what it reads."""
    return node.kind == MAP and node.ufunc not in _NOT_IN_PLACE


def key_of(node: Node) -> Key:
    """What a buffer for a node is like."""
    return node.shape[1:], BOOL if node.dtype == BOOL else FLOAT


def row_shapes(loop: Loop) -> frozenset[tuple[Expr, ...]]:
    """The shapes of rows in a loop, less axes of length 1: how many rows a block has is of them."""
    ends = (e.args[0] for e in loop.ends)
    shapes = (key_of(n)[0] for n in (*loop.steps, *ends))
    return frozenset(tuple(s for s in shape if s != 1) for shape in shapes)


def _last_uses(loop: Loop) -> dict[Node, float]:
    """The place of the last step that reads a node; between two for what is accumulated there."""
    found: dict[Node, float] = {}
    for place, node in enumerate(loop.steps):
        if node.kind != VIEW:
            for a in node.args:
                found[a.base] = place
    for end in loop.ends:
        for a in end.args:
            found[a.base] = max(found.get(a.base, -1), loop.ready(end) - 0.5)
    return found
