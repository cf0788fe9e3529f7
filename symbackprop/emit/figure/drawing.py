"""A figure with a place for everything; x goes to the right, y down."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.emit.figure.figure import Arrow, Box, Figure
from symbackprop.emit.figure.typeset import Typeset

GAP = 4.0  # between the line and what stands above and below it
BACK = 9.0  # for the small arrow of the message
Point = tuple[float, float]


@dataclass(frozen=True)
class Rectangle:
    """x, y: its centre."""

    x: float
    y: float
    width: float
    height: float


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
