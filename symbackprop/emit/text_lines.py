"""Lines of text for a terminal: broken at operators, wrapped at words, counted in columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import combining, east_asian_width


def columns(text: str) -> int:
    """The columns that the text takes: a Chinese character takes two."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "FW") for c in text)


def padded(text: str, width: int) -> str:
    """The text with spaces up to this column."""
    return text + " " * (width - columns(text))


def broken(line: str, width: int, indent: int) -> list[str]:
    """The line in pieces of at most this width, broken before the outermost operators."""
    indent = min(indent, 24)
    parts: list[str] = []
    while len(line) > width:
        at = _break(line, width, indent if parts else 0)
        if at is None:
            break
        parts.append(line[:at].rstrip())
        line = " " * indent + line[at:].lstrip()
    return [*parts, line]


def _break(line: str, width: int, start: int) -> int | None:
    """Where to break: at the least nested place, before + and - rather than within a product."""
    depth = 0
    places: list[tuple[int, bool, int]] = []
    for at, character in enumerate(line[: width + 1]):
        depth += (character in "([") - (character in ")]")
        operator = re.match(r" [-+/&|∧∨] |, |[*·]", line[at:])
        if operator and at > start + 20:
            after = at + 1 if operator[0] == ", " else at
            places.append((depth, operator[0] in ("*", "·"), after))
    if not places:
        return None
    nesting, within = min(place[:2] for place in places)
    return max(at for *rank, at in places if rank == [nesting, within])


def wrapped(sentence: str, width: int, indent: int) -> list[str]:
    """A sentence in lines of at most this width, broken at spaces and between wide characters."""
    margin = " " * indent
    lines: list[str] = []
    line = ""
    for word in _words(sentence):
        if line and indent + columns(line) + columns(word.rstrip()) > width:
            lines.append(margin + line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, margin + line.rstrip()] if line.strip() else lines


_CLOSING = "，。；：、）]）」,.;:)"


def _words(sentence: str) -> Iterator[str]:
    """Words with the space behind them; a wide character is a word by itself."""
    word = ""
    for character in sentence:
        ends = word and character != " " and character not in _CLOSING
        if ends and (word[-1] == " " or _is_wide(word[-1]) or _is_wide(character)):
            yield word
            word = ""
        word += character
    if word:
        yield word


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "FW"
