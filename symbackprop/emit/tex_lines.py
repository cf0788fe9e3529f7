r"""Breaks a formula that is too wide: before a sign, as far outside of brackets as it can be.

A bracket around a break no longer grows by itself, since \left and \right may not stand on two
lines; it is set in a fixed size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbackprop.emit.tex import (
    LARGE,
    Command,
    Fenced,
    Node,
    Rows,
    Script,
    Symbol,
    Word,
    is_tall,
    parse,
)
from symbackprop.emit.tex_signs import LETTERS
from symbackprop.emit.tex_width import INLINE, width

_SIGNS = frozenset(["+", "-"])
LEAST = 0.4  # a line that is not the last is at least this full


@dataclass(frozen=True)
class _Piece:
    """What stands between two places for a break. depth: brackets around the place before it.

    within: whether the break before it parts a product.
    """

    start: int
    end: int
    width: float
    depth: int
    within: bool


def lines(tex: str, most: float, first: float | None = None) -> list[str]:
    """The formula in lines of at most this width in em, if it has places to break at.

    first: the width that the first line may have, if another one.
    """
    items = parse(tex)
    first = most if first is None else first
    if width(items) <= first:
        return [tex]
    while (opened := _opened(tex, items, most)) is not None:
        tex, items = opened, parse(opened)
    pieces = list(_pieces(tex, items, 0, most))
    cuts = _cuts(pieces, first, most)
    if not cuts:
        return [tex]
    return _cut(tex, items, cuts)


def _opened(tex: str, items: Iterable[Node], most: float) -> str | None:
    r"""The formula with its first fraction that is too wide, A/B, as 1/B times (A)."""
    for item in items:
        if isinstance(item, Fenced):
            opened = _opened(tex, item.items, most)
            if opened is not None:
                return opened
        if isinstance(item, Command) and item.name == "frac":
            above, below = item.arguments
            if width(above, INLINE) > most >= width(below, INLINE):
                top, bottom = (tex[a[0].start : a[-1].end] for a in item.arguments)
                product = rf"\frac{{1}}{{{bottom}}} \left({top}\right)"
                return tex[: item.start] + product + tex[item.end :]
    return None


def _pieces(tex: str, items: tuple[Node, ...], depth: int, most: float) -> Iterator[_Piece]:
    """The pieces between the places where a line may end."""
    before: Node | None = None
    for item in items:
        sign = isinstance(item, Symbol) and item.tex in _SIGNS and before is not None
        factor = _is_factor(item) and before is not None and _is_operand(before)
        weight = width((item,)) + (0.44 if sign else 0)
        level = depth if sign or factor else 99
        fence = item.base if isinstance(item, Script) else item
        if isinstance(fence, Fenced) and fence.left == "(" and weight > LEAST * most:
            inner = list(_pieces(tex, fence.items, depth + 1, most))
            extra = weight - sum(p.width for p in inner)
            if len(inner) > 1:
                head, *middle, last = inner
                yield _Piece(item.start, head.end, head.width + extra / 2, level, factor)
                yield from middle
                yield _Piece(last.start, item.end, last.width + extra / 2, last.depth, last.within)
                before = item
                continue
        yield _Piece(item.start, item.end, weight, level, factor)
        before = item


def _is_factor(item: Node) -> bool:
    """Whether it is a factor of its own that may begin a line."""
    base = item.base if isinstance(item, Script) else item
    return isinstance(base, Fenced | Rows) or (isinstance(base, Symbol) and base.tex in LARGE)


def _is_operand(item: Node) -> bool:
    r"""Whether a dot may follow it: not after \sum, \tanh or ∂/∂x, which take what follows."""
    match item:
        case Script(base=base):
            return _is_operand(base)
        case Symbol(tex=tex):
            return tex in LETTERS or tex.isalpha()
        case Word(style=style):
            return style not in ("operatorname", "text")
        case Command(name="frac", arguments=((Symbol(tex=r"\partial"),), _)):
            return False
    return True


def _cuts(pieces: list[_Piece], first: float, most: float) -> list[_Piece]:
    """The pieces that begin a new line."""
    found: list[_Piece] = []
    room, used = first, 0.0
    best: tuple[int, int] | None = None  # rank and place of the best break of this line
    at = line = 0
    while at < len(pieces):
        piece = pieces[at]
        if at > line and piece.depth < 99 and used > LEAST * room:
            rank = 2 * piece.depth + piece.within
            if best is None or rank <= best[0]:
                best = (rank, at)
        used += piece.width
        if used > room and best is not None:
            line = at = best[1]
            found.append(pieces[line])
            room, used, best = most, 0.0, None
            continue
        at += 1
    return found


def _cut(tex: str, items: tuple[Node, ...], cuts: list[_Piece]) -> list[str]:
    """The lines, brackets around a break in a fixed size."""
    places = [c.start for c in cuts]
    changed = {}
    for fence in _fences(items):
        if any(fence.start < at < fence.end for at in places):
            size = "bigg" if is_tall(fence.items) else "big"
            changed[fence.start] = (r"\left", rf"\{size}l")
            close = tex.rindex(r"\right", fence.start, fence.end)
            changed[close] = (r"\right", rf"\{size}r")
    found = []
    for start, end in zip([0, *places], [*places, len(tex)], strict=True):
        line, at = "", start
        for place in sorted(c for c in changed if start <= c < end):
            old, new = changed[place]
            line += tex[at:place] + new
            at = place + len(old)
        within = any(c.start == start and c.within for c in cuts)
        found.append((r"\cdot " if within else "") + (line + tex[at:end]).strip())
    return found


def _fences(items: Iterable[Node]) -> Iterator[Fenced]:
    for item in items:
        fence = item.base if isinstance(item, Script) else item
        if isinstance(fence, Fenced):
            yield fence
            yield from _fences(fence.items)
