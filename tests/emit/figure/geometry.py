"""What must not happen in a drawing: boxes that overlap, lines through boxes of others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from symbackprop.emit.figure.drawing import Drawing, Point, Rectangle
from symbackprop.emit.figure.figure import CIRCLE

_SLACK = 1.0  # lengths in which a touch is none
_STEPS = 24  # points that are looked at on each Bézier curve


def rectangles(drawing: Drawing) -> dict[str, Rectangle]:
    """Every box, and the label of every arrow."""
    found = {f"box {b.box.key}": b.place for b in drawing.boxes}
    found |= {
        f"label {n}": a.label for n, a in enumerate(drawing.arrows) if a.label is not None
    }
    return found


def overlaps(drawing: Drawing) -> list[str]:
    """The pairs of boxes and labels that overlap."""
    return [
        f"{one} and {two}"
        for (one, r), (two, s) in combinations(rectangles(drawing).items(), 2)
        if abs(r.x - s.x) < (r.width + s.width) / 2 - _SLACK
        and abs(r.y - s.y) < (r.height + s.height) / 2 - _SLACK
    ]


def crossed(drawing: Drawing) -> list[str]:
    """The boxes and labels that a line of others passes through."""
    boxes = rectangles(drawing)
    circles = {f"box {b.box.key}" for b in drawing.boxes if b.box.shape == CIRCLE}
    found = []
    for n, arrow in enumerate(drawing.arrows):
        own = {f"box {arrow.arrow.start}", f"box {arrow.arrow.end}", f"label {n}"}
        points = [p for curve in arrow.curves for p in _points(curve)]
        for name, place in boxes.items():
            inside = _in_circle if name in circles else _in
            if name not in own and any(inside(p, place) for p in points):
                found.append(f"arrow {n} through {name}")
    return found


def _points(curve: tuple[Point, ...]) -> Iterator[Point]:
    for start in range(0, len(curve) - 3, 3):
        p, q, r, s = curve[start : start + 4]
        for step in range(_STEPS + 1):
            t = step / _STEPS
            u = 1 - t
            weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            yield tuple(  # type: ignore[misc]
                sum(w * c[axis] for w, c in zip(weights, (p, q, r, s), strict=True))
                for axis in (0, 1)
            )


def _in(point: Point, r: Rectangle) -> bool:
    return (
        abs(point[0] - r.x) < r.width / 2 - _SLACK and abs(point[1] - r.y) < r.height / 2 - _SLACK
    )


def _in_circle(point: Point, r: Rectangle) -> bool:
    across = r.width / 2 - _SLACK
    return (point[0] - r.x) ** 2 + (point[1] - r.y) ** 2 < across * across
