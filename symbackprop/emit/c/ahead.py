"""What is fetched from memory ahead, while other loops compute from the cache."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from sympy import Expr

from symbackprop.emit.c.groups import Groups, Key, Space, iterated, own_place
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
ROW_PART = 512
"""Bytes, where the loops have no functions."""
READ, WRITTEN, READ_LATER = "0, 3", "1, 3", "0, 2"
"""What is fetched for, and how near: into the first cache, or the second, which can wait for more
lines at once, for what all loops of the next row read."""
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


def around(
    groups: Groups, stored: Container[Node], key: Key, space: Space
) -> tuple[list[Node], list[Node]]:
    """For this group, where several loop over the same elements of a row: what all of them read,
    for that which computes most, and results of those behind it, for the first.

    Only the first waits for memory, which is idle while the others read the same from the cache.
    """
    keys = [k for k, group in groups.ordered.items() if iterated(group[0]) == space]
    if len(keys) < 2 or len(space) != 1:
        return [], []
    ((axis, size),) = space
    place = (ROW, axis)
    longest = max(keys, key=lambda k: (len(groups.ordered[k]), k))
    read = [r.base for k in keys for n in groups.ordered[k] for r in groups.reads(n)
            if r is not None and r.place == place and key == longest]  # fmt: skip
    written = [n for k in keys[1:] for n in groups.ordered[k]
               if n in stored and n.dtype == FLOAT and own_place(n) == place and key == keys[0]]
    return [x for x in dict.fromkeys(read) if _is_given(groups, x, (*x.shape[:1], size))], written


def _is_given(groups: Groups, base: Node, shape: tuple[Expr, ...]) -> bool:
    """Whether an array of this shape and of the inputs' dtype is there before the loop."""
    return base not in groups.computed and (base.shape, base.dtype) == (shape, FLOAT)


def while_fetching(
    fetched: Sequence[str], loop: Callable[[str, str], list[str]], count: str, far: str, *,
    part: int, real: str,
) -> list[str]:  # fmt: skip
    """A loop from a number to another, in parts before which arrays are fetched from memory.

    fetched: addresses of element e. far: the bytes of such an array, which is not fetched where
    the cache may hold it.
    """
    if not fetched:
        return loop("0", count)
    return [
        f"const int far = {far} >= {BEYOND};",
        f"const ptrdiff_t all = {count}, some = far ? {part} : all;",
        *_parts(fetched, loop, "all", "some", "far && ", real),
    ]


def in_parts(
    fetched: Sequence[str], loop: Callable[[str, str], list[str]], count: str, part: int, real: str
) -> list[str]:
    """The same where it is known that the arrays are to be fetched."""
    return _parts(fetched, loop, count, str(part), "", real) if fetched else loop("0", count)


def _parts(
    fetched: Sequence[str], loop: Callable[[str, str], list[str]], count: str, part: str,
    condition: str, real: str,
) -> list[str]:  # fmt: skip
    step = f"{_LINE} / (ptrdiff_t)sizeof({real})"
    lines = [
        f"const ptrdiff_t stop = part + {part} < {count} ? part + {part} : {count};",
        f"for (ptrdiff_t e = part; {condition}e < stop; e += {step}) {{",
        *(f"{INDENT}{FETCH}({address});" for address in fetched),
        "}",
        *loop("part", "stop"),
    ]
    head = f"for (ptrdiff_t part = 0; part < {count}; part += {part}) {{"
    return [head, *(INDENT + line for line in lines), "}"]
