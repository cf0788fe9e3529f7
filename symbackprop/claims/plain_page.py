"""A page as plain text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from symbackprop.claims.told import filled
from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Formula,
    Heading,
    Listing,
    Page,
    Paragraph,
    Part,
    Table,
)
from symbackprop.emit.text import broken

WIDTH = 80


def plain(page: Page, *, unicode: bool = True) -> str:
    """The page in Unicode or in ASCII."""

    def show(formula: Formula) -> str:
        return formula.text if unicode else formula.ascii

    lines = [page.title]
    for block in page.blocks:
        lines += _block(block, show)
    text = "\n".join(lines) + "\n"
    return text if unicode else _ascii(text)


def _ascii(text: str) -> str:
    for sign, name in {"Σ": "sum", "δ": "delta", "∂": "d", "…": "...", "≠": "!="}.items():
        text = text.replace(sign, name)
    return text.encode("ascii", "replace").decode()


def _part(part: Part, show: Callable[[Formula], str]) -> str:
    return show(part) if isinstance(part, Formula) else filled(part, show)


def _parts(parts: Sequence[Part], show: Callable[[Formula], str]) -> str:
    return " ".join(_part(p, show) for p in parts)


def _block(block: Block, show: Callable[[Formula], str]) -> list[str]:
    if isinstance(block, Heading):
        return ["", _part(block.words, show)]
    if isinstance(block, Paragraph):
        return textwrap.wrap(_parts(block.parts, show), WIDTH, initial_indent="  ",
                             subsequent_indent="  ", break_on_hyphens=False)  # fmt: skip
    if isinstance(block, Display):
        return _display(block, show)
    if isinstance(block, Chain):
        return _chain(block, show)
    if isinstance(block, Table):
        return [" | ".join(_part(p, show) for p in row) for row in (block.head, *block.rows)]
    assert isinstance(block, Listing)
    return ["", *block.text.splitlines()]


def _display(block: Display, show: Callable[[Formula], str]) -> list[str]:
    remarks = [_parts(r, show) for r in block.remarks] or [""] * len(block.lines)
    texts = [show(line) for line in block.lines]
    room = WIDTH - 6 - max((len(r) for r in remarks), default=0)
    column = max((len(t) for t, r in zip(texts, remarks, strict=True) if r and len(t) < room),
                 default=0)  # fmt: skip
    lines: list[str] = []
    for text, remark in zip(texts, remarks, strict=True):
        start = text.find(" = ") + 3
        pieces = broken(text, start)
        lines += [f"  {p}" for p in pieces[:-1]]
        lines.append(f"  {pieces[-1].ljust(column)}    {remark}".rstrip())
    return lines


def _chain(block: Chain, show: Callable[[Formula], str]) -> list[str]:
    lines: list[str] = []
    for n, row in enumerate(block.rows):
        start = f"{show(block.left)} = " if n == 0 else "    = "
        lines += [f"  {piece}" for piece in broken(start + show(row.right), 8)]
        why = "; ".join(_part(p, show) for p in row.reasons)
        if row.verdict is not None:
            why += f" [{_part(row.verdict, show)}]"
        if why:
            lines += textwrap.wrap(why, WIDTH, initial_indent=" " * 10, break_on_hyphens=False,
                                   subsequent_indent=" " * 10)  # fmt: skip
    return lines
