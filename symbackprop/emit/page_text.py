"""A page for a terminal: formulas in Unicode or ASCII, lines of at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Equation,
    Formula,
    Heading,
    Listing,
    Page,
    Paragraph,
    Part,
    Table,
)
from symbackprop.emit.phrases import Translate, english, pieces
from symbackprop.emit.text_lines import broken, columns, padded, wrapped

WIDTH = 80
NO_BREAK = "\N{NO-BREAK SPACE}"
FIXED = 40  # a formula in a sentence that is shorter than this is not broken


def page_text(
    page: Page, unicode: bool = True, width: int = WIDTH, *, words: Translate = english
) -> str:
    """The page as text. words: translates the templates of its words."""
    printer = _Printer(unicode, width, words)
    lines = [page.title]
    for block in page.blocks:
        lines += printer.block(block)
    return "\n".join(lines) + "\n"


class _Printer:
    def __init__(self, unicode: bool, width: int, words: Translate) -> None:
        self.unicode = unicode
        self.width = width
        self.words = words

    def formula(self, formula: Formula) -> str:
        return formula.text if self.unicode else formula.ascii

    def line(self, parts: Iterable[Part], space: str = " ") -> str:
        """Words and formulas in one line. space: stands for the spaces of short formulas."""
        text = ""
        for piece in pieces(parts, self.words):
            if isinstance(piece, str):
                text += piece
            else:
                shown = self.formula(piece)
                if len(shown) < FIXED:
                    shown = shown.replace(" ", space)
                    shown = shown if "(" in shown else shown.replace(f",{space}", ", ")
                text += shown
        return text if space != " " else text.replace(NO_BREAK, " ")

    def block(self, block: Block) -> list[str]:
        match block:
            case Heading(words=heading):
                return ["", self.line((heading,))]
            case Paragraph(parts=parts):
                return self.sentence(parts, 2)
            case Display():
                return self.display(block)
            case Chain():
                return self.chain(block)
            case Table(head=head, rows=rows):
                return self.table([head, *rows])
            case Listing(text=text):
                return [f"  {line}".rstrip() for line in text.splitlines()]
        raise AssertionError(block)

    def sentence(self, parts: Iterable[Part], indent: int) -> list[str]:
        lines = wrapped(self.line(parts, "\0"), self.width, indent)
        return [line.replace("\0", " ").replace(NO_BREAK, " ") for line in lines]

    def display(self, block: Display) -> list[str]:
        """`left = right    remark`, the remarks in one column where lines leave room for it."""
        equations = [self.equation(line) for line in block.lines]
        remarks = [self.line(r) for r in block.remarks] or [""] * len(equations)
        room = self.width - 4 - max(map(columns, remarks), default=0)
        lengths = [columns(e[-1]) for e in equations if columns(e[-1]) <= room]
        column = max(lengths, default=0) + 2
        lines: list[str] = []
        for equation, remark in zip(equations, remarks, strict=True):
            lines += [f"  {line}" for line in equation[:-1]]
            last = f"  {padded(equation[-1], column)}  {remark}".rstrip()
            fits = columns(last) <= self.width
            lines += [last] if fits else [f"  {equation[-1]}", f"      {remark}"]
        return lines

    def equation(self, line: Formula | Equation) -> list[str]:
        if isinstance(line, Formula):
            return broken(self.formula(line), self.width - 2, 4)
        left, right = self.formula(line.left), self.formula(line.right)
        return broken(f"{left} = {right}", self.width - 2, len(left) + 3)

    def chain(self, block: Chain) -> list[str]:
        lines: list[str] = []
        start = f"{self.formula(block.left)} = "
        for row in block.rows:
            shown = broken(start + self.formula(row.right), self.width - 2, 8)
            lines += [f"  {line}" for line in shown]
            reason = "; ".join(self.line((r,)) for r in row.reasons)
            if row.verdict is not None:
                reason = f"{reason} [{self.line((row.verdict,))}]".lstrip()
            lines += wrapped(reason, self.width, 10)
            start = "    = "
        return lines

    def table(self, rows: Sequence[Sequence[Part]]) -> list[str]:
        cells = [[self.line((cell,)) for cell in row] for row in rows]
        widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
        lines = []
        for row in cells:
            parts = (padded(cell, w) for cell, w in zip(row, widths, strict=True))
            lines.append(f"  {'  '.join(parts)}".rstrip())
        return lines
