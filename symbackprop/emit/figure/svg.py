"""A picture as SVG: self-contained, with outlines for text, for light pages and dark ones."""

from __future__ import annotations

from hashlib import blake2b
from xml.sax.saxutils import escape

from symbackprop.emit.figure.drawing import BACK, GAP, Drawing, PlacedArrow, PlacedBox, Point
from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER
from symbackprop.emit.figure.typeset import Glyph, Typeset

_MARGIN = 8.0
LIGHT = {"ink": "#1a1a1a", "message": "#b3261e", "node": "#fdf3d8", "layer": "#e4eefb"}
DARK = {"ink": "#e6e6e6", "message": "#ff8a80", "node": "#4a4326", "layer": "#26374a"}


def svg(drawing: Drawing, *, background: str = "") -> str:
    """The picture; ids begin with a hash of it, so that two on a page do not clash.

    background: a colour behind it; none by default.
    """
    return _Picture(drawing, background).text()


class _Picture:
    def __init__(self, drawing: Drawing, background: str) -> None:
        self.drawing = drawing
        self.background = background
        self.symbols: dict[Glyph, int] = {}

    def text(self) -> str:
        boxes = [self._box(b) for b in self.drawing.boxes]
        arrows = [self._arrow(a) for a in self.drawing.arrows]
        body = "\n".join([*arrows, *boxes])
        name = "g" + blake2b(body.encode(), digest_size=6).hexdigest()
        width, height = self.drawing.width + 2 * _MARGIN, self.drawing.height + 2 * _MARGIN
        figure = self.drawing.figure
        defs = "\n".join(
            f'<symbol id="{name}-{n}" viewBox="{g.view_box}"><path d="{g.path}"/></symbol>'
            for g, n in self.symbols.items()
        )
        ground = ""
        if self.background:
            ground = f'<rect x="{-_MARGIN:g}" y="{-_MARGIN:g}" width="100%" height="100%" ' \
                     f'fill="{self.background}"/>\n'  # fmt: skip
        body = body.replace('href="#-', f'href="#{name}-')
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc" width="{_n(width)}" '
            f'height="{_n(height)}" viewBox="{-_MARGIN:g} {-_MARGIN:g} {_n(width)} {_n(height)}">\n'
            f'<title id="{name}-title">{escape(figure.title)}</title>\n'
            f'<desc id="{name}-desc">{escape(figure.description)}</desc>\n'
            f"<style>\n{_style(name)}</style>\n<defs>\n{defs}\n</defs>\n{ground}{body}\n</svg>\n"
        )

    def _box(self, placed: PlacedBox) -> str:
        place, shape = placed.place, placed.box.shape
        x, y = _n(place.x), _n(place.y)
        if shape == DOT:
            return f'<circle class="dot" cx="{x}" cy="{y}" r="{_n(place.width / 2)}"/>'
        parts = []
        if shape == CIRCLE:
            parts.append(f'<circle class="node" cx="{x}" cy="{y}" r="{_n(place.width / 2)}"/>')
        elif shape == LAYER:
            left, top = _n(place.x - place.width / 2), _n(place.y - place.height / 2)
            parts.append(
                f'<rect class="layer" x="{left}" y="{top}" width="{_n(place.width)}" '
                f'height="{_n(place.height)}" rx="6"/>'
            )
        if placed.label:
            parts.append(self._formula(placed.label, (place.x, place.y), "ink"))
        return "\n".join(parts)

    def _arrow(self, placed: PlacedArrow) -> str:
        path = " ".join(_path(c) for c in placed.curves)
        label = placed.label
        if label is not None:
            first, last = placed.curves
            ends = (_n(label.x - label.width / 2), _n(label.x + label.width / 2))
            path = f"{_path(first)} L{ends[0]} {_n(label.y)} H{ends[1]} L{_path(last)[1:]}"
        parts = [f'<path class="line" d="{path}"/>']
        if placed.head is not None:
            parts.append(_head(*placed.head))
        if label is not None and placed.above:
            middle = label.y - GAP - placed.above.height / 2
            parts.append(self._formula(placed.above, (label.x, middle), "ink"))
        if label is not None and placed.below:
            parts.append(_back((label.x, label.y + GAP)))
            middle = label.y + GAP + BACK + placed.below.height / 2
            parts.append(self._formula(placed.below, (label.x, middle), "message"))
        return "\n".join(parts)

    def _formula(self, formula: Typeset, middle: Point, ink: str) -> str:
        """A formula about a point."""
        x = middle[0] - formula.width / 2 - formula.left
        y = middle[1] - formula.height / 2 - formula.top
        parts = []
        for glyph in formula.glyphs:
            number = self.symbols.setdefault(glyph.glyph, len(self.symbols))
            left, top, width, height = glyph.box
            parts.append(
                f'<use href="#-{number}" x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" '
                f'height="{_n(height)}"/>'
            )
        parts += [f'<path d="{rule}"/>' for rule in formula.rules]
        return f'<g class="{ink}" transform="translate({_n(x)} {_n(y)})">{"".join(parts)}</g>'


def _style(name: str) -> str:
    """The colours of light pages, and those of dark ones."""

    def rules(colours: dict[str, str]) -> str:
        ink, message = colours["ink"], colours["message"]
        return (
            f"#{name} {{ color: {ink}; }}\n"
            f"#{name} .ink, #{name} .head, #{name} .dot {{ fill: currentColor; }}\n"
            f"#{name} .line {{ fill: none; stroke: currentColor; stroke-width: 1.2; }}\n"
            f"#{name} .message {{ fill: {message}; }}\n"
            f"#{name} .back {{ fill: {message}; stroke: {message}; stroke-width: 1.6; }}\n"
            f"#{name} .node {{ fill: {colours['node']}; stroke: currentColor; "
            "stroke-width: 1.2; }\n"
            f"#{name} .layer {{ fill: {colours['layer']}; stroke: currentColor; "
            "stroke-width: 1.2; }\n"
        )

    return rules(LIGHT) + f"@media (prefers-color-scheme: dark) {{\n{rules(DARK)}}}\n"


def _path(points: tuple[Point, ...]) -> str:
    start, *rest = points
    return f"M{_pair(start)} C" + " ".join(map(_pair, rest))


def _head(start: Point, tip: Point) -> str:
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    x, y = dx / length * 3, dy / length * 3
    return (
        f'<path class="head" d="M{_pair(tip)} L{_pair((start[0] - y, start[1] + x))} '
        f'L{_pair((start[0] + y, start[1] - x))}z"/>'
    )


def _back(middle: Point) -> str:
    """The small arrow of a message, to the left."""
    x, y = middle[0], middle[1] + 1
    return (
        f'<path class="back" d="M{_n(x - 9)} {_n(y)} l6 -2.6 v5.2z M{_n(x - 4)} {_n(y)} '
        f'H{_n(x + 11)}"/>'
    )


def _pair(p: Point) -> str:
    return f"{_n(p[0])} {_n(p[1])}"


def _n(x: float) -> str:
    """A coordinate, to a hundredth."""
    return f"{x:.2f}".rstrip("0").rstrip(".")
