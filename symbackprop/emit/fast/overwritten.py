"""Arrays whose memory is that of what a later loop makes of their rows."""

from __future__ import annotations

from collections.abc import Container, Sequence

from symbackprop.emit.fast.buffers import Buffers, key_of, writes_in_place
from symbackprop.emit.fast.graph import FLOAT, VIEW, WHOLE, Node
from symbackprop.emit.fast.rewrites import UNWEIGHTED
from symbackprop.emit.fast.scatters import ADD_AT
from symbackprop.emit.fast.stages import Loop


def overwritten(
    items: Sequence[Node | Loop], stored: Container[Node], kept: Container[Node],
    lent: Container[Node],
) -> dict[Node, Node]:  # fmt: skip
    """For each such array the stored node whose memory it has.

    The last step that reads the array writes its rows where it reads those of the array, as those
    behind it do, up to the stored node. items: what is computed whole, and loops, in order.
    stored: nodes that loops leave whole. kept: nodes that are handed on. lent: stored nodes whose
    memory is in use before.
    """
    times: dict[Node, list[tuple[int, int]]] = {}
    for place, item in enumerate(items):
        steps = (*item.steps, *item.ends) if isinstance(item, Loop) else (item,)
        for step, node in enumerate(steps):
            times.setdefault(node, []).append((place, step))
    found: dict[Node, Node] = {}
    for place, item in enumerate(items):
        for chain in Buffers(item, stored).chains if isinstance(item, Loop) else ():
            first, result = chain.nodes[0], chain.result
            if result is None or result in lent or not _writes_over(first):
                continue
            for a in first.args:
                whole = a in stored or _has_memory(a)
                same = a.shape == result.shape and key_of(a) == chain.key
                if not whole or not same or a in kept:
                    continue
                viewed = any(n.kind == VIEW for n in a.users)
                read = [t for n in a.users for t in times.get(n, ())]
                if not viewed and max(read) == (place, chain.first):
                    found[a] = result
                    break
    return found


def _writes_over(node: Node) -> bool:
    """Whether a step writes where it reads any of its operands."""
    return writes_in_place(node) and node.ufunc != UNWEIGHTED


def _has_memory(node: Node) -> bool:
    """Whether what is computed whole is written to memory that is there."""
    product = node.code.op == "@" and node.dtype == FLOAT
    return node.kind == WHOLE and (product or node.ufunc == ADD_AT)
