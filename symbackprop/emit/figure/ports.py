"""A place of its own for each arrow at a side of a layer, where Graphviz knows the middle only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.emit.figure.drawing import PlacedArrow, PlacedBox, Point, Rectangle
from symbackprop.emit.figure.figure import LAYER

Curve = tuple[Point, ...]


def spread(boxes: Sequence[PlacedBox], arrows: Sequence[PlacedArrow]) -> list[PlacedArrow]:
    """The arrows with their ends spread over the sides of the layers, in the order of origins."""
    found = list(arrows)
    places = [b.place for b in boxes] + [a.label for a in arrows if a.label is not None]
    for box in boxes:
        if box.box.shape != LAYER:
            continue
        others = [r for r in places if r is not box.place]
        ends = [n for n, a in enumerate(found) if a.arrow.end == box.box.key]
        ends.sort(key=lambda n: found[n].curves[-1][0][1])
        for n, y in zip(ends, _rows(box, len(ends)), strict=True):
            found[n] = _entering(found[n], y, others)
        starts = [n for n, a in enumerate(found) if a.arrow.start == box.box.key]
        starts.sort(key=lambda n: found[n].curves[0][-1][1])
        for n, y in zip(starts, _rows(box, len(starts)), strict=True):
            curves = found[n].curves
            first = _mirrored(_to(_mirrored(curves[0]), y, [_mirror(r) for r in others]))
            found[n] = replace(found[n], curves=(first, *curves[1:]))
    return found


def _rows(box: PlacedBox, count: int) -> list[float]:
    top, height = box.place.y - box.place.height / 2, box.place.height
    return [top + height * (n + 0.5) / max(count, 1) for n in range(count)]


def _entering(arrow: PlacedArrow, y: float, places: Sequence[Rectangle]) -> PlacedArrow:
    assert arrow.head is not None
    last = _to(arrow.curves[-1], y, places)
    tip = arrow.head[1][0], y
    return replace(arrow, curves=(*arrow.curves[:-1], last), head=(last[-1], tip))


def _to(curve: Curve, y: float, places: Sequence[Rectangle]) -> Curve:
    """The curve with its end at another height.

    Where nothing stands between, it goes straight to the end of its column and then bends once;
    else what Graphviz found is kept but for its end.
    """
    start, end = curve[0], (curve[-1][0], y)
    column = max(
        (r.x + r.width / 2 for r in places
         if r.x - r.width / 2 < start[0] <= r.x + r.width / 2 + 1 and r.x + r.width / 2 < end[0]),
        default=start[0],
    )  # fmt: skip
    turn = (max(column, start[0]), start[1])
    low, high = sorted((start[1], y))
    between = [
        r for r in places
        if turn[0] < r.x - r.width / 2 < end[0] and r.y + r.height / 2 > low
        and r.y - r.height / 2 < high
    ]  # fmt: skip
    if between or end[0] <= turn[0]:
        shift = y - curve[-1][1]
        return (*curve[:-2], (curve[-2][0], curve[-2][1] + shift), end)
    middle = (turn[0] + end[0]) / 2
    return (*_line(start, turn), (middle, turn[1]), (middle, y), end)


def _line(start: Point, end: Point) -> Curve:
    """A straight line as a curve."""
    (a, b), (c, d) = start, end
    thirds = [(a + (c - a) * t, b + (d - b) * t) for t in (1 / 3, 2 / 3)]
    return (start, *thirds, end)


def _mirrored(curve: Curve) -> Curve:
    return tuple((-x, y) for x, y in curve[::-1])


def _mirror(r: Rectangle) -> Rectangle:
    return replace(r, x=-r.x)
