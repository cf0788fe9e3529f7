r"""Blocks of a page as the lines of `aligned`: left sides, right sides, remarks; none too wide.

A line is its cells with `&` between them: `left &= right && remark`; an empty one makes room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from symbackprop.emit.latex_names import escape
from symbackprop.emit.page import Chain, Display, Equation, Formula, Part, Words
from symbackprop.emit.phrases import Translate, english, pieces
from symbackprop.emit.tex import parse
from symbackprop.emit.tex_lines import lines as broken
from symbackprop.emit.tex_width import text_width, width

WIDE = 45.0  # em; what fits on a page of A4 with margins of 2 cm, set in 10 points
GAP = 2.0
_ESCAPED = {"\N{NO-BREAK SPACE}": "~"}


def as_it_is(tex: str) -> str:
    """The formula itself."""
    return tex


@dataclass(frozen=True)
class Style:
    """How wide lines may be, in em, and the language of the words."""

    words: Translate = english
    width: float = WIDE
    fitted: Callable[[str], str] = as_it_is  # makes a line narrower that cannot be broken


def under_one_another(lines: Iterable[str]) -> str:
    r"""The lines with `\\\\` between them, and more room where one is empty."""
    body = space = ""
    for line in lines:
        if line:
            body += f" \\\\{space}\n{line}" if body else line
        space = "" if line else "[6pt]"
    return body


def display_lines(block: Display, style: Style) -> list[str]:
    """The equations, remarks in a column of their own where that fits."""
    remarks = [inline(r, style) for r in block.remarks] or [""] * len(block.lines)
    aside = max((_wide(r) for r in remarks if r), default=-GAP) + GAP
    room = max(style.width - aside, style.width / 2)
    found: list[str] = []
    for line, remark in zip(block.lines, remarks, strict=True):
        if isinstance(line, Formula):
            cells = [f"& {part}" for part in _broken(line.latex, style, room)]
        else:
            cells = _equation(line, style, room)
        found += cells
        if remark:
            found[-1] += f" && {remark}"
    return found


def _broken(tex: str, style: Style, room: float) -> list[str]:
    return [p if _wide(p) <= room else style.fitted(p) for p in broken(tex, room)]


def _equation(line: Equation, style: Style, room: float) -> list[str]:
    left = _wide(line.left.latex) + 1.5
    first, *others = _broken(line.right.latex, style, room - left)
    return [f"{line.left.latex} &= {first}", *(rf"&\quad {part}" for part in others)]


def chain_lines(block: Chain, style: Style) -> list[str]:
    """The chain; its reasons beside the right sides if all of them fit there, else below."""
    left = _wide(block.left.latex) + 1.5
    reasons = [_reason(row.reasons, row.verdict, style) for row in block.rows]
    room = style.width - left
    whole = [broken(row.right.latex, room) for row in block.rows]
    widest = max(_wide(part) for parts in whole for part in parts)
    rights = [[p if _wide(p) <= room else style.fitted(p) for p in parts] for parts in whole]
    aside = max((sum(map(_wide, parts)) + GAP for parts in reasons), default=0)
    beside = widest + aside <= room and all(len(p) <= 1 for p in reasons)
    found: list[str] = []
    start = block.left.latex
    for parts, told in zip(rights, reasons, strict=True):
        first, *others = parts
        found += [f"{start} &= {first}".lstrip(), *(rf"&\quad {part}" for part in others)]
        start = ""
        if beside and told:
            found[-1] += f" && {told[0]}"
        elif not beside:
            found += [*(rf"&\qquad {line}" for line in told), ""]
    return found


def _reason(reasons: Iterable[Part], verdict: Part | None, style: Style) -> list[str]:
    """A reason in lines: its parts with `;` between them, the verdict in brackets."""
    shown: list[Formula | str] = []
    for reason in reasons:
        shown += ["; "] * bool(shown) + pieces((reason,), style.words)
    if verdict is not None:
        shown += [" [" * bool(shown) or "[", *pieces((verdict,), style.words), "]"]
    return [rf"\textstyle {line}" if "\\sum" in line else line
            for line in sentence(shown, style.width - 8)]


def sentence(shown: Iterable[Formula | str], most: float) -> list[str]:
    r"""Words as \text and formulas between them, in lines of at most this width."""
    found: list[list[Formula | str]] = [[]]
    used = 0.0
    for piece in shown:
        for part in _unbroken(piece):
            wide = _wide(part.latex) if isinstance(part, Formula) else text_width(part)
            if used + wide > most and found[-1]:
                found.append([])
                used = 0.0
            if found[-1] or part != " ":
                found[-1].append(part)
                used += wide
    return [line for parts in found if (line := _joined(parts))]


def _unbroken(piece: Formula | str) -> list[Formula | str]:
    """The words of a text, each with the space behind it; a Chinese character is one."""
    if isinstance(piece, Formula):
        return [piece]
    found, word = [], ""
    for character in piece:
        word += character
        if character == " " or character > "\u2e80":
            found.append(word)
            word = ""
    return [*found, word] if word else [*found]


def heading(words: Words, translate: Translate) -> str:
    """A heading within a formula, in bold."""
    text = "".join(p if isinstance(p, str) else p.text for p in pieces((words,), translate))
    return rf"\textbf{{{escaped(text)}}}"


def inline(parts: Iterable[Part], style: Style) -> str:
    """Words and formulas in one line of a formula."""
    return _joined(pieces(parts, style.words))


def _joined(parts: Iterable[Formula | str]) -> str:
    text, cells = "", []
    for part in [*parts, None]:
        if isinstance(part, str):
            text += part
            continue
        if text:
            cells.append(prose(text))
        text = ""
        if part is not None and part.latex:
            cells.append(part.latex)
    return " ".join(cells).strip()


def prose(text: str) -> str:
    r"""A sentence as \text, the signs < > | outside it (in OT1 text they print as others)."""
    signs = {"<=": r"\le", ">=": r"\ge", "<": "<", ">": ">", "|": "|"}
    parts = re.split("(<=|>=|<|>|[|])", text)
    return " ".join(signs.get(p) or rf"\text{{{escaped(p)}}}" for p in parts if p)


def plain(text: str) -> str:
    """Text for the outside of formulas."""
    return re.sub(r"(<=|>=|<|>|[|])", lambda m: f"${prose(m[0])}$", escaped(text))


def escaped(text: str) -> str:
    """Text with TeX's own characters escaped; letters with accents and Chinese stay."""
    return "".join(_ESCAPED.get(c) or (c if ord(c) > 127 else escape(c)) for c in text)


def _wide(tex: str) -> float:
    return width(parse(tex))
