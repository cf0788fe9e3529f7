"""Where an element of an array lies: subscripts through views, and code for its address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Expr

from symbackprop.emit.c.expressions import Unsupported
from symbackprop.emit.fast.graph import VIEW, Node

ROW = 0
"""The loop variable of the rows; 1, 2, … are those of the other axes."""
Place = tuple[int | None, ...]
"""For each axis the loop variable that runs over it; None on an axis of length 1."""


def place_of(node: Node) -> Place:
    """The loops over all elements of a node whose first axis is that of the rows."""
    return tuple(None if s == 1 else axis for axis, s in enumerate(node.shape))


def space_of(node: Node) -> tuple[tuple[int, Expr], ...]:
    """The loops inside a row, outermost first: the axis and its size."""
    return tuple((axis, s) for axis, s in enumerate(node.shape) if axis and s != 1)


def operand_place(user: Place, arg: Node) -> Place:
    """Where the elements of an operand are, which is broadcast to its user's shape."""
    if arg.rank > len(user):
        raise Unsupported("an operand of more axes")
    aligned = user[len(user) - arg.rank :]
    return tuple(None if s == 1 else i for i, s in zip(aligned, arg.shape, strict=True))


def through(view: Node, place: Place) -> tuple[Node, Place] | None:
    """The viewed node and the place in it; None where a view takes other positions."""
    node = view
    while node.kind == VIEW:
        if node.code.op != "index":
            return None
        rest = list(place)
        found: list[int | None] = []
        for entry in node.code.text.split(", "):
            if entry == ":":
                found.append(rest.pop(0))
            elif entry == "None":
                rest.pop(0)
            elif entry == "0" and node.args[0].shape[len(found)] == 1:
                found.append(None)
            else:
                return None
        node, place = node.args[0], (*found, *rest)
    return node, place


def address(
    place: Place, shape: Sequence[Expr], names: Sequence[str], number: Callable[[Expr], str]
) -> str:
    """Code for the offset of an element. names: of the loop variables."""
    found = ""
    for axis, size in zip(place, shape, strict=True):
        if size == 1:
            continue
        if axis is None:
            raise Unsupported("one element of an axis")
        name = names[axis]
        found = f"{name}" if not found else f"{_factor(found)} * {number(size)} + {name}"
    return found or "0"


def _factor(text: str) -> str:
    return f"({text})" if " " in text else text
