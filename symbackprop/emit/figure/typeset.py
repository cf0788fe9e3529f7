"""Formulas as outlines of glyphs, without TeX."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree

from symbackprop.emit.figure.extra import needed

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Glyph:
    """The outline of a character: what a `symbol` element holds."""

    view_box: str
    path: str


@dataclass(frozen=True)
class Placed:
    """A glyph in a box: x, y, width and height."""

    glyph: Glyph
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Typeset:
    """A formula. Its origin is on the left, on the base line; y goes down.

    left, top, width, height: what it covers. rules: paths that are no glyphs, such as the line of
    a fraction.
    """

    left: float
    top: float
    width: float
    height: float
    glyphs: tuple[Placed, ...]
    rules: tuple[str, ...]


@lru_cache(maxsize=4096)
def typeset(latex: str, size: float) -> Typeset:
    """A formula in display style at a font size.

    Raises MissingExtra where the library for it is not installed.
    """
    ziamath = needed("ziamath")
    ziamath.config.svg2 = True
    root = ziamath.Latex(signed(sized(latex)), size=size, color="currentColor", margin=0).svgxml()
    left, top, width, height = map(float, root.get("viewBox").split())
    symbols: dict[str, Glyph] = {}
    glyphs: list[Placed] = []
    rules: list[str] = []
    for element in root.iter():
        tag = element.tag.removeprefix(_SVG)
        if tag == "symbol":
            symbols["#" + element.get("id")] = Glyph(element.get("viewBox"), _path(element))
        elif tag == "use":
            box = tuple(float(element.get(k)) for k in ("x", "y", "width", "height"))
            glyphs.append(Placed(symbols[_href(element)], box))  # type: ignore[arg-type]
        elif tag == "rect" and element.get("fill") != "none":
            x, y, w, h = (float(element.get(k)) for k in ("x", "y", "width", "height"))
            rules.append(f"M{x:g} {y:g}h{w:g}v{h:g}h{-w:g}z")
    own = {id(p) for s in root.iter() if s.tag.removeprefix(_SVG) == "symbol" for p in s}
    rules += [
        e.get("d") for e in root.iter()
        if e.tag.removeprefix(_SVG) == "path" and id(e) not in own
    ]  # fmt: skip
    return Typeset(left, top, width, height, tuple(glyphs), tuple(rules))


def _path(symbol: ElementTree.Element) -> str:
    return " ".join(p.get("d") or "" for p in symbol)


def _href(element: ElementTree.Element) -> str:
    return next(v for k, v in element.attrib.items() if k.endswith("href"))


_FENCE = re.compile(r"\\(left|right)\s*(\\[{}|]|\\[a-z]+|.)")
_LIMITS = re.compile(r"\\(sum|prod|max|min)_")


_SIGN = re.compile(r"((?:^|[(\[=]) ?)-")


def signed(latex: str) -> str:
    """The formula with {-} for a sign: ziamath takes every minus after a fence for a difference."""
    return _SIGN.sub(r"\1{-}", latex)


def sized(latex: str) -> str:
    r"""The formula with \biggl( \biggr) for \left( \right) around what has limits below it.

    ziamath stretches the fences around such an operator without end.
    """
    found = list(_FENCE.finditer(latex))
    opened: list[re.Match[str]] = []
    pieces: dict[int, str] = {}
    for fence in found:
        if fence[1] == "left":
            opened.append(fence)
            continue
        start = opened.pop()
        inside = latex[start.end() : fence.start()]
        if _LIMITS.search(inside):
            size = "bigg" if r"\frac" in inside else "Big"
            pieces[start.start()] = rf"\{size}l{start[2]}"
            pieces[fence.start()] = rf"\{size}r{fence[2]}"
    text, last = "", 0
    for fence in found:
        text += latex[last : fence.start()] + pieces.get(fence.start(), fence[0])
        last = fence.end()
    return text + latex[last:]
