"""A page as one file of HTML: formulas in MathML, no scripts, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from symbackprop.emit.html_style import STYLE
from symbackprop.emit.mathml import mathml
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
from symbackprop.emit.tex_lines import lines

_TAGS = {"zh": "zh-Hans"}
WIDE = 40.0  # em; a formula that is wider is broken


def page_html(page: Page, *, lang: str = "en", words: Translate = english) -> str:
    """The page. lang: the language that `words` translates into."""
    printer = _Printer(words)
    body = "\n".join(printer.block(block) for block in page.blocks)
    title = escape(page.title)
    return (
        f'<!DOCTYPE html>\n<html lang="{_TAGS.get(lang, lang)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


class _Printer:
    def __init__(self, words: Translate) -> None:
        self.words = words

    def block(self, block: Block) -> str:
        match block:
            case Heading(words=words, level=level):
                return f"<h{level}>{self.line((words,))}</h{level}>"
            case Paragraph(parts=parts):
                return f"<p>{self.line(parts)}</p>"
            case Display():
                return self.display(block)
            case Chain():
                return self.chain(block)
            case Table(head=head, rows=rows):
                return f"<table>\n{self.cells(head, 'th')}\n" + "".join(
                    f"{self.cells(row, 'td')}\n" for row in rows
                ) + "</table>"  # fmt: skip
            case Listing(text=text):
                return f"<pre><code>{escape(text.rstrip())}</code></pre>"
        raise AssertionError(block)

    def line(self, parts: Iterable[Part]) -> str:
        """Words and formulas in one line."""
        return "".join(
            escape(p) if isinstance(p, str) else _math(p.latex, p.text, display=False)
            for p in pieces(parts, self.words) if isinstance(p, str) or p.latex
        )  # fmt: skip

    def cells(self, row: Sequence[Part], tag: str) -> str:
        inner = "".join(f"<{tag}>{self.line((cell,))}</{tag}>" for cell in row)
        return f"<tr>{inner}</tr>"

    def display(self, block: Display) -> str:
        rows = []
        for n, line in enumerate(block.lines):
            remark = self.line(block.remarks[n]) if block.remarks else ""
            if isinstance(line, Equation):
                rows.append(self.row(_math(line.left.latex, line.left.text), line.right, remark))
            else:
                rows.append(f'<div class="whole">{_broken(line)}</div>{_aside("remark", remark)}')
        return '<div class="display">\n' + "\n".join(rows) + "\n</div>"

    def chain(self, block: Chain) -> str:
        rows = []
        left = _math(block.left.latex, block.left.text)
        for row in block.rows:
            told = "; ".join(self.line((r,)) for r in row.reasons)
            if row.verdict is not None:
                told += f' <span class="verdict">[{self.line((row.verdict,))}]</span>'
            rows.append(self.row(left, row.right, told, "reason"))
            left = ""
        return '<div class="display chain">\n' + "\n".join(rows) + "\n</div>"

    def row(self, left: str, right: Formula, remark: str, kind: str = "remark") -> str:
        return (
            f'<div class="left">{left}</div><div class="sign">{mathml("=")}</div>'
            f'<div class="right">{_broken(right)}</div>{_aside(kind, remark)}'
        )


def _aside(kind: str, inner: str) -> str:
    return f'<div class="{kind}">{inner}</div>'


def _math(latex: str, text: str, *, display: bool = True) -> str:
    return mathml(latex, display=display, told=text)


def _broken(formula: Formula) -> str:
    """The formula in as many lines as it needs."""
    first, *others = lines(formula.latex, WIDE)
    return _math(first, formula.text) + "".join(
        f'<br><span class="more">{mathml(line)}</span>' for line in others
    )
