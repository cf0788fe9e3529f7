"""Words and formulas in a row, in one language: what each printer of pages begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from string import Formatter

from symbackprop.emit.page import Formula, Part, Words

Translate = Callable[[str], str]


def english(template: str) -> str:
    """The translation into English: the templates are English."""
    return template


def pieces(parts: Iterable[Part | str], words: Translate = english) -> list[Formula | str]:
    """Formulas and the translated text between them; no two texts stand side by side."""
    found: list[Formula | str] = []
    for part in parts:
        for piece in _pieces(part, words):
            if isinstance(piece, str) and found and isinstance(found[-1], str):
                found[-1] += piece
            elif piece != "":
                found.append(piece)
    return found


def _pieces(part: Part | str, words: Translate) -> Iterator[Formula | str]:
    if not isinstance(part, Words):
        yield part
        return
    places = dict(part.places)
    for text, name, _, _ in Formatter().parse(words(part.template)):
        yield text
        if name is not None:
            yield from _pieces(places[name], words)


def capitalized(text: str) -> str:
    """The text with a capital letter first, as a heading has."""
    return text[:1].upper() + text[1:]


def enumeration(parts: Iterable[Part]) -> Part:
    """Parts with commas between them."""
    first, *rest = parts
    if not rest:
        return first
    return Words("{first}, {rest}", (("first", first), ("rest", enumeration(rest))))


def listed(formulas: Iterable[Formula]) -> Formula:
    """Formulas with commas between them."""
    all_ = tuple(formulas)
    return Formula(*(", ".join(texts) for texts in (
        [f.text for f in all_], [f.ascii for f in all_], [f.latex for f in all_])))  # fmt: skip


def same_everywhere(text: str, latex: str | None = None) -> Formula:
    """A formula that is written alike in every notation, or in all but LaTeX."""
    return Formula(text, text, text if latex is None else latex)
