"""A place of its own for each arrow at a side of a layer, where Graphviz knows the middle only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from symbackprop.emit.figure.drawing import PlacedArrow, PlacedBox, Point, Rectangle
from symbackprop.emit.figure.figure import LAYER

Curve = tuple[Point, ...]
_BEND = 26.0  # how far from the layer a curve bends to its place, between two columns


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
    """The curve with its end at another height, through as few boxes as can be.

    It goes straight to the end of its column and then bends once; where something is in the way,
    what Graphviz found is kept but for its end.
    """
    start, end = curve[0], (curve[-1][0], y)
    shift = y - curve[-1][1]
    options: list[Curve] = [(*curve[:-2], (curve[-2][0], curve[-2][1] + shift), end)]
    kept = _until(curve, end[0] - _BEND)
    if kept:
        options.append((*kept, *_bend(kept[-1], end)))
    column = max((r.x + r.width / 2 for r in places if _beside(r, start, end)), default=start[0])
    turn = (max(column, start[0]), start[1])
    if turn[0] < end[0]:
        options.insert(0, (*_line(start, turn), *_bend(turn, end)))
    return min(options, key=lambda c: _hits(c, places))


def _bend(start: Point, end: Point) -> Curve:
    """From one height to another, the rest of a curve that begins at `start`."""
    middle = (start[0] + end[0]) / 2
    return (middle, start[1]), (middle, end[1]), end


def _until(curve: Curve, x: float) -> Curve:
    """The part of a curve on the left of x, if there is one."""
    kept: list[Point] = [curve[0]]
    for first in range(0, len(curve) - 3, 3):
        piece = curve[first : first + 4]
        if piece[3][0] <= x:
            kept += piece[1:]
            continue
        low, high = 0.0, 1.0
        for _ in range(20):
            t = (low + high) / 2
            low, high = (t, high) if _split(piece, t)[3][0] <= x else (low, t)
        return (*kept, *_split(piece, low)[1:]) if kept[-1][0] <= x else ()
    return ()


def _split(piece: Curve, t: float) -> Curve:
    """The first part of a Bézier curve, up to t."""
    rows = [piece]
    while len(rows[-1]) > 1:
        row = rows[-1]
        rows.append(tuple(
            (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
            for a, b in pairwise(row)
        ))  # fmt: skip
    return tuple(row[0] for row in rows)


def _beside(r: Rectangle, start: Point, end: Point) -> bool:
    """Whether a box stands in the column where the curve begins."""
    right = r.x + r.width / 2
    return r.x - r.width / 2 < start[0] <= right + 1 and right < end[0]


def _hits(curve: Curve, places: Sequence[Rectangle]) -> int:
    """How often a curve is seen in a box, but for the one where it begins."""
    points = [p for p in points_of(curve) if abs(p[0] - curve[0][0]) > 1]
    return sum(r.holds(p) for r in places for p in points)


def points_of(curve: Curve, steps: int = 16) -> Iterator[Point]:
    """Points along a curve."""
    for first in range(0, len(curve) - 3, 3):
        (a, b), (c, d), (e, f), (g, h) = curve[first : first + 4]
        for step in range(steps + 1):
            t = step / steps
            w = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield (w[0] * a + w[1] * c + w[2] * e + w[3] * g,
                   w[0] * b + w[1] * d + w[2] * f + w[3] * h)  # fmt: skip


def _line(start: Point, end: Point) -> Curve:
    """A straight line as a curve."""
    (a, b), (c, d) = start, end
    thirds = [(a + (c - a) * t, b + (d - b) * t) for t in (1 / 3, 2 / 3)]
    return (start, *thirds, end)


def _mirrored(curve: Curve) -> Curve:
    return tuple((-x, y) for x, y in curve[::-1])


def _mirror(r: Rectangle) -> Rectangle:
    return replace(r, x=-r.x)
