"""Where everything stands: laid out by Graphviz, from left to right.

So that labels never overlap, the label of an arrow is a node of its own, as large as the label,
that the arrow runs through: the forward value stands above the line in it, the message below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbackprop.emit.figure.drawing import (
    BACK,
    GAP,
    Drawing,
    PlacedArrow,
    PlacedBox,
    Point,
    Rectangle,
)
from symbackprop.emit.figure.extra import needed
from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER, PLAIN, Arrow, Box, Figure
from symbackprop.emit.figure.ports import spread
from symbackprop.emit.figure.typeset import Typeset, typeset

FONT = 17.0  # of the labels
SMALL = 15.0  # of what stands in a circle
_CIRCLE = 38.0  # the least diameter
_DOT = 5.0
_PORT = 34.0  # the height of a layer for each arrow on a side
_PAD = 5.0  # around what stands in a box
_RANKS, _WIDE = 22.0, 40.0  # the space between columns; where there are layers
_NODES = 9.0  # the space between boxes in a column

def layout(figure: Figure) -> Drawing:
    """Raises MissingExtra where a library for it is not installed."""
    pygraphviz = needed("pygraphviz")
    ranks = _WIDE if any(b.shape == LAYER for b in figure.boxes) else _RANKS
    graph = pygraphviz.AGraph(
        directed=True, strict=False, rankdir="LR", splines="true",
        ranksep=ranks / 72, nodesep=_NODES / 72, outputorder="edgesfirst",
    )  # fmt: skip
    graph.node_attr.update(label="", fixedsize="true", shape="box", fontname="Courier")
    labels = {b.key: _label(b) for b in figure.boxes}
    for box in figure.boxes:
        width, height = _size(box, labels[box.key])
        if box.shape == LAYER:
            rows = max(sum(a.end == box.key for a in figure.arrows),
                       sum(a.start == box.key for a in figure.arrows))  # fmt: skip
            height = max(height, rows * _PORT)
        graph.add_node(
            f"b{box.key}", width=width / 72, height=height / 72,
            shape="ellipse" if box.shape in (CIRCLE, DOT) else "box",
            ordering="in" if box.ordered else "",
        )  # fmt: skip
    sizes = [_measured(a) for a in figure.arrows]
    shapes = {b.key: b.shape for b in figure.boxes}
    for n, (arrow, size) in enumerate(zip(figure.arrows, sizes, strict=True)):
        start, end = f"b{arrow.start}", f"b{arrow.end}"
        into = {"arrowhead": "none" if shapes[arrow.end] == DOT else "normal", "arrowsize": 0.7}
        into |= {"headport": "w"} if shapes[arrow.end] in (PLAIN, LAYER) else {}
        out = {"tailport": "e"} if shapes[arrow.start] in (PLAIN, LAYER) else {}
        if size is None:
            graph.add_edge(start, end, key=f"e{n}", **out, **into)
            continue
        graph.add_node(f"l{n}", width=size[0] / 72, height=size[1] / 72)
        graph.add_edge(start, f"l{n}", key=f"e{n}", arrowhead="none", headport="w", weight=4, **out)
        graph.add_edge(f"l{n}", end, key=f"f{n}", tailport="e", weight=4, **into)
    graph.layout("dot")
    return _drawing(figure, graph, labels, sizes)


def _label(box: Box) -> Typeset | None:
    if box.label is None:
        return None
    return typeset(box.label.latex, SMALL if box.shape == CIRCLE else FONT)


def _size(box: Box, label: Typeset | None) -> Point:
    if label is None:
        return _DOT, _DOT
    if box.shape == CIRCLE:
        across = max(_CIRCLE, label.width + 14, label.height + 14)
        return across, across
    pad = 1.2 if box.shape == PLAIN else 2.5
    return label.width + 2 * pad * _PAD, label.height + 2 * pad * _PAD


def _measured(arrow: Arrow) -> Point | None:
    """The size of an arrow's label, the same above and below the line."""
    above, below = _both(arrow)
    if above is None and below is None:
        return None
    width = max(t.width if t else 0.0 for t in (above, below))
    over = above.height + GAP if above else 0.0
    under = below.height + GAP + BACK if below else 0.0
    return max(width, 26.0 if below else 0.0) + 2 * _PAD, 2 * max(over, under) + _PAD


def _both(arrow: Arrow) -> tuple[Typeset | None, Typeset | None]:
    above, below = (typeset(f.latex, FONT) if f else None for f in (arrow.above, arrow.below))
    return above, below


def _drawing(
    figure: Figure,
    graph: Any,
    labels: dict[int, Typeset | None],
    sizes: Sequence[Point | None],
) -> Drawing:
    left, bottom, right, top = map(float, graph.graph_attr["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return x - left, top - y

    def rectangle(name: str) -> Rectangle:
        node = graph.get_node(name)
        x, y = point(node.attr["pos"])
        return Rectangle(x, y, 72 * float(node.attr["width"]), 72 * float(node.attr["height"]))

    def curve(start: str, end: str, key: str) -> tuple[tuple[Point, ...], Point | None]:
        """The points of an edge, and the tip of its arrow head."""
        tip, points = None, []
        for part in graph.get_edge(start, end, key).attr["pos"].split():
            if part.startswith("e,"):
                tip = point(part[2:])
            elif not part.startswith("s,"):
                points.append(point(part))
        return tuple(points), tip

    boxes = tuple(PlacedBox(b, rectangle(f"b{b.key}"), labels[b.key]) for b in figure.boxes)
    arrows = []
    for n, (arrow, size) in enumerate(zip(figure.arrows, sizes, strict=True)):
        start, end = f"b{arrow.start}", f"b{arrow.end}"
        if size is None:
            last, tip = curve(start, end, f"e{n}")
            curves: tuple[tuple[Point, ...], ...] = (last,)
            place = None
        else:
            first, _ = curve(start, f"l{n}", f"e{n}")
            last, tip = curve(f"l{n}", end, f"f{n}")
            curves, place = (first, last), rectangle(f"l{n}")
        head = (last[-1], tip) if tip else None
        arrows.append(PlacedArrow(arrow, curves, head, place, *_both(arrow)))
    return Drawing(figure, right - left, top - bottom, boxes, tuple(spread(boxes, arrows)))
