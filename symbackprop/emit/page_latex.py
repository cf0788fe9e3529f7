r"""A page as LaTeX to paste: displayed blocks `\[ \begin{aligned} … \end{aligned} \]`, no packages
but amsmath. Words stand in them as `\text{…}`, so that KaTeX and MathJax take them too.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.emit.aligned import (
    Style,
    chain_lines,
    display_lines,
    heading,
    inline,
    sentence,
    under_one_another,
)
from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Heading,
    Listing,
    Page,
    Paragraph,
    Table,
    Words,
)
from symbackprop.emit.phrases import Translate, english, pieces


def page_latex(page: Page, *, words: Translate = english) -> str:
    """The page in blocks, one after the other. words: translates the templates of its words.

    A heading in words is the first line of what stands under it; one that is a formula says what
    the left side of its chain says, and is not shown.
    """
    style = Style(words)
    found: list[list[str] | str] = []
    headings: list[str] = []
    above: Block | None = None
    for block in page.blocks:
        match block:
            case Heading(words=Words() as title):
                headings.append(f"& {heading(title, words)}")
            case Heading():
                pass
            case Listing(text=text):
                found.append(f"\\begin{{verbatim}}\n{text.rstrip()}\n\\end{{verbatim}}")
            case _:
                lines = [*headings, *block_lines(block, style)]
                if isinstance(block, Paragraph) and isinstance(above, Paragraph):
                    lines = [*found.pop(), *lines]
                found.append(lines)
                headings = []
        above = block
    return "\n\n".join(b if isinstance(b, str) else f"\\[\n{aligned(b)}\n\\]" for b in found)


def block_lines(block: Block, style: Style) -> list[str]:
    """One block as the lines of `aligned`."""
    match block:
        case Paragraph(parts=parts):
            shown = pieces(parts, style.words)
            return [f"& {line}" for line in sentence(shown, style.width)]
        case Display():
            return display_lines(block, style)
        case Chain():
            return chain_lines(block, style)
        case Table(head=head, rows=rows):
            return [
                "&" + " && ".join(inline((cell,), style) for cell in row) for row in (head, *rows)
            ]
    raise AssertionError(block)


def aligned(lines: Iterable[str]) -> str:
    r"""One `aligned` block."""
    return f"\\begin{{aligned}}\n{under_one_another(lines)}\n\\end{{aligned}}"
