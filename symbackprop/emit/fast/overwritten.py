"""Arrays whose memory is that of what takes their place, where nothing reads them later."""

from __future__ import annotations

from collections.abc import Container, Sequence

from symbackprop.emit.fast.buffers import Buffers, key_of, writes_in_place
from symbackprop.emit.fast.graph import FLOAT, MAP, REDUCE, WHOLE, Node
from symbackprop.emit.fast.rewrites import OVERWRITES
from symbackprop.emit.fast.scatters import ADD_AT
from symbackprop.emit.fast.stages import Loop, reads_rows


class Overwritten:
    """Finds them. items: what is computed whole, and loops, in order.

    stored: nodes that loops leave whole. kept: nodes that are handed on.
    """

    def __init__(
        self, items: Sequence[Node | Loop], stored: Container[Node], kept: Container[Node]
    ) -> None:
        self._items, self._stored, self._kept = items, stored, kept
        self._times: dict[Node, list[tuple[int, int]]] = {}
        for place, item in enumerate(items):
            steps = (*item.steps, *item.ends) if isinstance(item, Loop) else (item,)
            for step, node in enumerate(steps):
                self._times.setdefault(node, []).append((place, step))

    def by_values(self) -> dict[Node, Node]:
        """For what values are added to, the sum."""
        found: dict[Node, Node] = {}
        for place, node in enumerate(self._items):
            if isinstance(node, Node) and node.ufunc == ADD_AT and len(node.args) == 3:
                x, *others = node.args
                if x.shape == node.shape and x not in others and self._ends(x, (place, 0)):
                    found[x] = node
        return found

    def by_rows(self, lent: Container[Node]) -> dict[Node, Node]:
        """For what the last step to read it writes over, row by row, the stored node.

        That is the one in which the steps behind it end. lent: stored nodes whose memory is in use
        before.
        """
        found: dict[Node, Node] = {}
        for place, item in enumerate(self._items):
            for chain in Buffers(item, self._stored).chains if isinstance(item, Loop) else ():
                first, result = chain.nodes[0], chain.result
                if result is None or result in lent or not _writes_over(first):
                    continue
                for a in first.args:
                    same = a.shape == result.shape and key_of(a) == chain.key
                    if same and self._ends(a, (place, chain.first)):
                        found[a] = result
                        break
        return found

    def _ends(self, node: Node, last: tuple[int, int]) -> bool:
        """Whether an array in memory of its own is read there for the last time."""
        product = node.code.op == "@" and node.dtype == FLOAT
        whole = node.kind == WHOLE and (product or node.ufunc == ADD_AT)
        if node in self._kept or not (whole or node in self._stored):
            return False
        read = [(t, n) for n in node.users for t in self._times.get(n, ())]
        rows = all(reads_rows(n, node) for (place, _), n in read if place == last[0])
        return rows and all(map(_has_own_memory, node.users)) and max(t for t, _ in read) == last


def _has_own_memory(node: Node) -> bool:
    """Whether the result of an operation shows none of the memory that it reads."""
    taken = node.code.op == "take" and any(at.shape for at in node.code.args[1:])
    made = taken or node.code.op in ("@", "reduce") or node.ufunc == ADD_AT
    return node.kind in (MAP, REDUCE) or made


def _writes_over(node: Node) -> bool:
    """Whether a step writes where it reads any of its operands."""
    return writes_in_place(node) and node.ufunc not in OVERWRITES
