"""How wide a formula is when it is set, in em: an estimate, by the widths of TeX's own fonts."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.emit.tex import Command, Fenced, Group, Node, Number, Rows, Script, Symbol, Word

DISPLAY, INLINE, SMALL, SMALLEST = range(4)
_SCALE = (1.0, 1.0, 0.7, 0.5)
_LETTERS = {
    **dict.fromkeys("ijlt", 0.38), **dict.fromkeys("fr", 0.5), **dict.fromkeys("mwMW", 0.95),
    "I": 0.5, "J": 0.63,
}  # fmt: skip
_RELATIONS = frozenset(["=", "<", ">", r"\le", r"\ge", r"\ne", r"\neq"])
_BINARY = frozenset(["+", "-", r"\cdot", r"\odot", r"\oslash", r"\land", r"\lor", r"\bmod"])
_SPACES = {r"\,": 0.17, r"\;": 0.28, r"\ ": 0.33, r"\quad": 1.0, r"\qquad": 2.0}
_LARGE = {r"\sum": (1.44, 1.06), r"\prod": (1.28, 0.94)}
_WIDE_NAMES = frozenset(["exp", "log", "sin", "cos", "max", "min", "det", "sinh", "cosh", "tanh",
                         "ln", "arcsin", "arccos", "arctan", "bmod"])  # fmt: skip


def width(items: Iterable[Node], style: int = DISPLAY) -> float:
    """The width of nodes side by side."""
    total, before = 0.0, None
    for item in items:
        total += _width(item, style, before)
        before = item
    return total


def text_width(text: str) -> float:
    """The width of upright text; a Chinese character is one em wide."""
    return sum(1.0 if c > "\u2e80" else 0.3 if c in " ilj.,:;'|" else 0.5 for c in text)


def _width(node: Node, style: int, before: Node | None) -> float:
    scale = _SCALE[style]
    match node:
        case Number(digits=digits):
            return 0.5 * len(digits) * scale
        case Word(text=text):
            return text_width(text) * scale
        case Group(items=items):
            return width(items, style)
        case Symbol(tex=tex):
            return _symbol(tex, style, before)
        case Script():
            return _script(node, style, before)
        case Fenced(left=left, right=right, items=items):
            return width(items, style) + scale * sum(0.6 for d in (left, right) if d != ".")
        case Command(name="frac", arguments=(above, below)):
            inner = min(style + 1, SMALLEST)
            return max(width(above, inner), width(below, inner)) + 0.24 * scale
        case Command(name="sqrt", arguments=(inside,)):
            return width(inside, style) + scale
        case Command(arguments=arguments):
            return sum(width(a, style) for a in arguments)
        case Rows(rows=rows):
            columns = [max(width(c, INLINE) for c in cells) for cells in zip(*rows, strict=False)]
            return sum(columns) + len(columns)
    raise AssertionError(node)


def _symbol(tex: str, style: int, before: Node | None) -> float:
    scale = _SCALE[style]
    if tex in _SPACES:
        return _SPACES[tex] * scale
    if tex in _LARGE:
        return _LARGE[tex][style > DISPLAY] * scale + 0.17
    if tex in _RELATIONS:
        return 0.78 * scale + (0.56 if style < SMALL else 0)
    if tex in _BINARY:
        spaced = before is not None and style < SMALL
        return 0.78 * scale + (0.44 if spaced else 0)
    if tex.startswith("\\"):
        return (0.5 * len(tex[1:]) + 0.17 if tex[1:] in _WIDE_NAMES else 0.6) * scale
    if tex in "()[],|/.":
        return 0.39 * scale
    return _LETTERS.get(tex, 0.75 if tex.isupper() else 0.53) * scale


def _script(node: Script, style: int, before: Node | None) -> float:
    inner = min(max(style, INLINE) + 1, SMALLEST)
    base = _width(node.base, style, before)
    scripts = max(width(s, inner) for s in (node.below, node.above) if s is not None)
    under = isinstance(node.base, Symbol) and node.base.tex in (*_LARGE, r"\max", r"\min")
    if under and style == DISPLAY:
        return max(base, scripts + 0.17)
    return base + scripts + 0.05
