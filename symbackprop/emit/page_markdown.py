"""A page in Markdown: formulas between dollar signs, for GitHub, Obsidian, Jupyter and pandoc."""

from __future__ import annotations

import re
from collections.abc import Iterable

from symbackprop.emit.aligned import Style, chain_lines, display_lines
from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Heading,
    Listing,
    Page,
    Paragraph,
    Part,
    Table,
)
from symbackprop.emit.phrases import Translate, capitalized, english, pieces
from symbackprop.emit.tex_markdown import for_markdown

_MEANING = re.compile(r"([\\`*_\[\]<>|#~])")


def page_markdown(page: Page, *, words: Translate = english) -> str:
    """The page. words: translates the templates of its words."""
    style = Style(words)
    blocks = [f"# {escaped(page.title)}", *(_block(block, style) for block in page.blocks)]
    return "\n\n".join(blocks) + "\n"


def _block(block: Block, style: Style) -> str:
    match block:
        case Heading(words=words, level=level):
            return f"{'#' * level} {capitalized(_line((words,), style))}"
        case Paragraph(parts=parts):
            return _line(parts, style)
        case Display():
            return displayed(display_lines(block, style))
        case Chain():
            return displayed(chain_lines(block, style))
        case Table(head=head, rows=rows):
            lines = [[_line((cell,), style) for cell in row] for row in (head, *rows)]
            lines.insert(1, ["---"] * len(head))
            return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        case Listing(text=text, language=language):
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text) or [""]))
            return f"{fence}{language}\n{text.rstrip()}\n{fence}"
    raise AssertionError(block)


def displayed(lines: Iterable[str]) -> str:
    r"""Lines of `aligned` as a block of its own; the dollar signs touch what they enclose."""
    body = " \\cr\n".join(for_markdown(line) for line in lines if line)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def _line(parts: Iterable[Part], style: Style) -> str:
    """Words and formulas in one line. A dollar sign opens a formula after a space or `(` alone."""
    line = ""
    for piece in pieces(parts, style.words):
        if isinstance(piece, str):
            joint = " " * (line.endswith("$") and (piece[0].isalnum() or piece[0] == "$"))
            line += joint + escaped(piece)
        elif piece.latex:
            joint = " " * (bool(line) and line[-1] not in " (\N{NO-BREAK SPACE}")
            line += f"{joint}${for_markdown(piece.latex)}$"
    return line


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MEANING.sub(r"\\\1", text).replace("$", "&#36;")
