"""What is fetched from memory ahead, while functions of elements are computed from the cache."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from sympy import Expr

from symbackprop.emit.c.groups import Groups, Key, own_place
from symbackprop.emit.c.names import BEYOND, FETCH
from symbackprop.emit.c.places import ROW
from symbackprop.emit.c.steps import INDENT
from symbackprop.emit.fast.graph import FLOAT, Node

STREAMS = 4
"""So many arrays are fetched ahead."""
PART = 64
"""Elements: what is fetched for more at once holds the processor up."""
LONG_PART = 256
"""The same where loops have sums, each of which ends with a part."""
_LINE = 64  # bytes that are fetched at once


def beside(
    groups: Groups, stored: Container[Node], key: Key, step: Node
) -> tuple[list[Node], list[Node]]:
    """Arrays of the shape of a step of this group: those that are read, and results behind it."""
    read: dict[Node, None] = {}
    written = []
    for other, group in groups.ordered.items():
        for node in group:
            for r in groups.reads(node):
                if r is not None and r.place == own_place(step):
                    read |= {r.base: None} if _is_given(groups, r.base, step.shape) else {}
            if other > key and node in stored and (node.shape, node.dtype) == (step.shape, FLOAT):
                written.append(node)
    return list(read), written


def read_before(groups: Groups, key: Key, axis: int, size: Expr) -> list[Node]:
    """Arrays whose rows the loops before this group have read, along an axis of this size.

    What its own loop reads for the first time comes from memory as it goes.
    """
    found = [r.base for other, group in groups.ordered.items() if other < key
             for n in group for r in groups.reads(n)
             if r is not None and r.place == (ROW, axis)]  # fmt: skip
    return [x for x in dict.fromkeys(found) if _is_given(groups, x, (*x.shape[:1], size))]


def _is_given(groups: Groups, base: Node, shape: tuple[Expr, ...]) -> bool:
    """Whether an array of this shape and of the inputs' dtype is there before the loop."""
    return base not in groups.computed and (base.shape, base.dtype) == (shape, FLOAT)


def while_fetching(
    fetched: Iterable[str], loop: Callable[[str, str], list[str]], count: str, far: str, *,
    part: int, real: str,
) -> list[str]:  # fmt: skip
    """A loop from a number to another, in parts before which arrays are fetched from memory.

    fetched: addresses of element e. far: the bytes of such an array, which is not fetched where
    the cache may hold it.
    """
    fetches = [f"{INDENT}{FETCH}({address});" for address in fetched]
    if not fetches:
        return loop("0", count)
    parts = [
        "const ptrdiff_t stop = part + some < all ? part + some : all;",
        f"for (ptrdiff_t e = part; far && e < stop; e += {_LINE} / (ptrdiff_t)sizeof({real})) {{",
        *fetches,
        "}",
        *loop("part", "stop"),
    ]
    return [
        f"const int far = {far} >= {BEYOND};",
        f"const ptrdiff_t all = {count}, some = far ? {part} : all;",
        "for (ptrdiff_t part = 0; part < all; part += some) {",
        *(INDENT + line for line in parts),
        "}",
    ]
