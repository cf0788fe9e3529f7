"""A claim's array or element beside the target: shapes, and indices matched to axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations

from sympy import Expr

from symbackprop.algebra.nodes import Index
from symbackprop.claims import syntax as s
from symbackprop.claims.claim import Right
from symbackprop.claims.parsing import counted
from symbackprop.claims.ranges import Position, Slot, Unfit, blocks
from symbackprop.claims.resolved import Letter
from symbackprop.claims.target import Target, Truth, fresh
from symbackprop.errors import Refused, ShapeError
from symbackprop.frontend.value import Value, aligned, shown

Refusal = Callable[[str, s.Node], Refused]


class Misshaped(ShapeError):
    """A claim whose shape is not that of what it is about."""

    def __init__(self, value: Value, target: Target, text: str) -> None:
        super().__init__(f"the claim has the shape {shown(value.shape)}, and what it is about has "
                         f"{shown(target.shape)}")  # fmt: skip
        self.value, self.target, self.text = value, target, text


def whole_right(
    value: Value, target: Target, piece: str, truth: Truth, note: str = "",
    stretched: bool = False,
) -> Right:  # fmt: skip
    """A whole array as a claim about all elements of a target.

    A scalar holds for every element. stretched: so does an array that broadcasting repeats, such
    as a product with a column of ones. Raises Misshaped for another shape.
    """
    shape = value.shape
    indices = fresh(target)
    if shape == target.shape or not shape or (stretched and fits(shape, target.shape)):
        queue = iter(indices)
        at_axes = tuple(None if size == 1 else next(queue) for size in target.shape)
        expr = aligned(value, at_axes[len(at_axes) - len(shape) :] if shape else ())
        if not shape and target.shape:
            note = note or "a scalar, read as the value of every element"
        return Right(piece, expr, truth.element(target, indices), indices, indices, {}, shape,
                     value, note)  # fmt: skip
    raise Misshaped(value, target, piece)


def fits(shape: tuple[Expr, ...], wanted: tuple[Expr, ...]) -> bool:
    """Whether an array is repeated to the shape by broadcasting."""
    own = wanted[len(wanted) - len(shape) :]
    return len(shape) <= len(wanted) and all(
        a in (b, 1) for a, b in zip(shape, own, strict=True)
    )


def matchings(
    slots: list[Slot], axes: tuple[Expr, ...], free: list[str], refused: Refusal
) -> list[dict[int, Index]]:
    """The ways to give each free index an axis of its size."""
    if len(slots) > len(axes):
        has = f"has {counted(len(axes))}" if axes else "is a scalar"
        raise refused(
            f"the indices {', '.join(free)} are free, and the gradient {has}; write the left side",
            s.Node(),
        )
    ways = []
    for order in permutations(range(len(axes)), len(slots)):
        if all(axes[k] == slot.size for k, slot in zip(order, slots, strict=True)):
            ways.append({k: slot.index for k, slot in zip(order, slots, strict=True)
                         if slot.index is not None})  # fmt: skip
    if not ways and slots:
        sizes = ", ".join(f"{x.name} over {x.size}" for x in slots)
        raise Unfit(
            f"the claim: the indices ({sizes}) do not fit to the axes "
            f"({', '.join(map(str, axes))}) of the gradient"
        )
    return ways


def fix(
    scope: Mapping[str, Slot], places: tuple[s.Node, ...], axes: tuple[Expr, ...],
    position: Position, refused: Refusal,
) -> None:
    """The sizes of the indices on the left side: of the axis, or of blocks as in (g-1)P+p."""
    for place, size in zip(places, axes, strict=True):
        if isinstance(place, Letter):
            slot = scope[place.name]
            if slot.fixed not in (None, size):
                raise refused(f"the index {place.name} stands on axes of two sizes", place)
            slot.fixed = size
            continue
        for name, block in blocks(place, size, position).items():
            scope[name].fixed = block
