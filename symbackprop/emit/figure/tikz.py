r"""A picture as LaTeX: a TikZ `standalone` that pdflatex compiles, laid out like the others."""

from __future__ import annotations

from symbackprop.emit.figure.drawing import BACK, GAP, Drawing, PlacedArrow, PlacedBox, Point
from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER
from symbackprop.emit.latex_names import escape

# The labels were measured in another font, at another size; Computer Modern at 10 points is
# somewhat smaller than this.
_SCALE = 0.62
_PREAMBLE = r"""\documentclass[tikz,border=4pt]{standalone}
\usepackage{amsmath,amssymb}
\usetikzlibrary{arrows.meta}
\definecolor{message}{HTML}{B3261E}
\definecolor{node}{HTML}{FDF3D8}
\definecolor{layer}{HTML}{E4EEFB}
"""


def tikz(drawing: Drawing) -> str:
    """The whole file."""
    lines = [_arrow(a) for a in drawing.arrows] + [_box(b) for b in drawing.boxes]
    body = "\n".join(line for part in lines for line in part)
    title = escape(drawing.figure.title)
    return (
        f"% {title}\n{_PREAMBLE}\\begin{{document}}\n"
        f"\\begin{{tikzpicture}}[x={_SCALE}pt, y=-{_SCALE}pt, inner sep=0pt, outer sep=0pt,\n"
        "  line/.style={line width=0.5pt}, head/.style={line, -{Stealth[length=4pt]}},\n"
        "  back/.style={message, line width=0.7pt, -{Stealth[length=3.5pt]}}]\n"
        f"{body}\n\\end{{tikzpicture}}\n\\end{{document}}\n"
    )


def _box(placed: PlacedBox) -> list[str]:
    place, shape = placed.place, placed.box.shape
    at = _pair((place.x, place.y))
    if shape == DOT:
        return [rf"\fill {at} circle[radius={_length(place.width / 2)}];"]
    lines = []
    if shape == CIRCLE:
        lines.append(rf"\filldraw[line, fill=node] {at} circle[radius={_length(place.width / 2)}];")
    elif shape == LAYER:
        left, top = place.x - place.width / 2, place.y - place.height / 2
        lines.append(
            rf"\filldraw[line, fill=layer, rounded corners=3pt] {_pair((left, top))} rectangle "
            f"{_pair((left + place.width, top + place.height))};"
        )
    if placed.box.label is not None:
        lines.append(_formula(at, placed.box.label.latex, ""))
    return lines


def _arrow(placed: PlacedArrow) -> list[str]:
    label = placed.label
    if label is None:
        path = _path(placed.curves[0])
    else:
        ends = [(label.x + s * label.width / 2, label.y) for s in (-1, 1)]
        path = f"{_path(placed.curves[0])} -- {_pair(ends[0])} -- {_pair(ends[1])} -- " + (
            _path(placed.curves[1])
        )
    head = "line" if placed.head is None else "head"
    tip = "" if placed.head is None else f" -- {_pair(placed.head[1])}"
    lines = [rf"\draw[{head}] {path}{tip};"]
    if label is None:
        return lines
    x, y = label.x, label.y
    if placed.arrow.above is not None:
        at = _pair((x, y - GAP))
        lines.append(_formula(at, placed.arrow.above.latex, "anchor=south"))
    if placed.arrow.below is not None:
        lines.append(
            rf"\draw[back] {_pair((x + 11, y + GAP + 1))} -- {_pair((x - 10, y + GAP + 1))};"
        )
        at = _pair((x, y + GAP + BACK))
        lines.append(_formula(at, placed.arrow.below.latex, "anchor=north, text=message"))
    return lines


def _formula(at: str, latex: str, options: str) -> str:
    return rf"\node[{options}] at {at} {{$\displaystyle {latex}$}};"


def _path(points: tuple[Point, ...]) -> str:
    start, *rest = points
    path = _pair(start)
    for first in range(0, len(rest), 3):
        one, two, end = map(_pair, rest[first : first + 3])
        path += f" .. controls {one} and {two} .. {end}"
    return path


def _length(x: float) -> str:
    return f"{_number(x * _SCALE)}pt"


def _pair(p: Point) -> str:
    return f"({_number(p[0])},{_number(p[1])})"


def _number(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")
