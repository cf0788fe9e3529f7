"""A figure with a place for everything; x goes to the right, y down."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.emit.figure.figure import Arrow, Box, Figure
from symbackprop.emit.figure.typeset import Typeset

GAP = 4.0  # between the line and what stands above and below it
SLACK = 1.0  # a length that nobody sees
BACK = 9.0  # for the small arrow of the message
Point = tuple[float, float]


@dataclass(frozen=True)
class Rectangle:
    """x, y: its centre."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, point: Point) -> bool:
        """Whether a point lies well within it."""
        x, y = abs(point[0] - self.x), abs(point[1] - self.y)
        return x < self.width / 2 - SLACK and y < self.height / 2 - SLACK


@dataclass(frozen=True)
class PlacedBox:
    box: Box
    place: Rectangle
    label: Typeset | None


@dataclass(frozen=True)
class PlacedArrow:
    """curves: each a start and three points for every Bézier curve, in order from start to end.

    label: where the values stand; the line goes through its middle, from edge to edge.
    head: whence and whither the arrow head points, if there is one.
    """

    arrow: Arrow
    curves: tuple[tuple[Point, ...], ...]
    head: tuple[Point, Point] | None
    label: Rectangle | None
    above: Typeset | None
    below: Typeset | None


@dataclass(frozen=True)
class Drawing:
    """All of it."""

    figure: Figure
    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]
