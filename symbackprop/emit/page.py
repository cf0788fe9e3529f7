"""A page: headings, words, formulas and chains of equalities in order, for no format yet.

What explains something builds a page; `emit/` has a printer of pages for each format.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """A formula as it is written in each notation: for terminals, in ASCII, and in LaTeX."""

    text: str
    ascii: str
    latex: str


@dataclass(frozen=True)
class Equation:
    """`left = right`; in a display, equals signs stand under one another."""

    left: Formula
    right: Formula


@dataclass(frozen=True)
class Words:
    """A phrase in English, which is the key of its translations, with places to fill.

    `Words("derivative of {function}", (("function", "exp"),))`.
    """

    template: str
    places: tuple[tuple[str, Formula | Words | str], ...] = ()


Part = Words | Formula


@dataclass(frozen=True)
class Heading:
    words: Part
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Words and formulas in one line of running text."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Display:
    """Formulas under one another. remarks: a word on each, such as its shape; or none.

    Of a formula or a remark that is empty in a notation, nothing is shown there.
    """

    lines: tuple[Formula | Equation, ...]
    remarks: tuple[tuple[Part, ...], ...] = ()


@dataclass(frozen=True)
class Row:
    """A right side, why it is equal to the one above it, and how that was checked."""

    right: Formula
    reasons: tuple[Part, ...] = ()
    verdict: Words | None = None


@dataclass(frozen=True)
class Chain:
    """`left = right = … = right`."""

    left: Formula
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    head: tuple[Words, ...]
    rows: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True)
class Listing:
    """Text to be kept as it is, such as code."""

    text: str
    language: str = ""


Block = Heading | Paragraph | Display | Chain | Table | Listing


@dataclass(frozen=True)
class Page:
    title: str
    blocks: tuple[Block, ...]
