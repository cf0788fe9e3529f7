r"""A page as a LaTeX document of its own, which pdflatex compiles as it is.

Chinese needs more than the basic packages; the document says which and how.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.emit.aligned import (
    Style,
    chain_lines,
    display_lines,
    escaped,
    plain,
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
    Part,
    Table,
)
from symbackprop.emit.phrases import Translate, capitalized, english, pieces

_BEGIN = r"""\documentclass[10pt,a4paper,fleqn]{article}
\usepackage[margin=2cm]{geometry}
\usepackage{amsmath,amssymb,graphicx}
%s
\allowdisplaybreaks
\setlength{\mathindent}{1em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\begin{document}"""
_LATIN = r"\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}"
_CHINESE = r"""% Chinese takes more than the basic packages:
%   pdflatex with CJKutf8 and the font gbsn (Debian: latex-cjk-chinese,
%   latex-cjk-chinese-arphic-gbsn00lp), or
%   xelatex with xeCJK (Debian: texlive-xetex, texlive-lang-chinese).
\usepackage{iftex}
\ifPDFTeX
  \IfFileExists{CJKutf8.sty}{\usepackage{CJKutf8}}
    {\errmessage{Chinese needs the package CJKutf8 here; or compile with xelatex}}
  \AtBeginDocument{\begin{CJK*}{UTF8}{gbsn}}
  \AtEndDocument{\clearpage\end{CJK*}}
\else
  \usepackage{xeCJK}
  \setCJKmainfont{FandolSong-Regular.otf}[BoldFont=FandolSong-Bold.otf]
\fi"""
# A right side that is wider than the line and has no place to break at is made smaller.
_FIT = r"""
\newsavebox{\fitbox}
\newcommand{\fit}[1]{\sbox{\fitbox}{$\displaystyle #1$}%
  \ifdim\wd\fitbox>0.9\linewidth\resizebox{0.9\linewidth}{!}{\usebox{\fitbox}}%
  \else\usebox{\fitbox}\fi}"""
_SECTIONS = {1: "section*", 2: "subsection*", 3: "subsubsection*"}


def page_standalone(page: Page, *, lang: str = "en", words: Translate = english) -> str:
    """The document. lang: the language that `words` translates into."""
    style = Style(words, fitted=lambda tex: rf"\fit{{{tex}}}")
    title = rf"\section*{{{escaped(page.title)}}}"
    body = "\n\n".join([title, *(_block(block, style) for block in page.blocks)])
    setup = _CHINESE if lang == "zh" else _LATIN
    if r"\fit{" in body:
        setup += _FIT
    return f"{_BEGIN % setup}\n\n{body}\n\n\\end{{document}}\n"


def _block(block: Block, style: Style) -> str:
    match block:
        case Heading(words=words, level=level):
            section = _SECTIONS.get(level, "paragraph")
            return rf"\{section}{{{capitalized(_prose((words,), style))}}}"
        case Paragraph(parts=parts):
            return _prose(parts, style)
        case Display():
            return _aligned(display_lines(block, style))
        case Chain():
            return _aligned(chain_lines(block, style))
        case Table(head=head, rows=rows):
            cells = [" & ".join(_prose((cell,), style) for cell in row) for row in (head, *rows)]
            body = " \\\\\n".join([f"{cells[0]} \\\\ \\hline", *cells[1:]])
            return f"\\begin{{tabular}}{{{'l' * len(head)}}}\n{body}\n\\end{{tabular}}"
        case Listing(text=text):
            return f"\\begin{{verbatim}}\n{text.rstrip()}\n\\end{{verbatim}}"
    raise AssertionError(block)


def _prose(parts: Iterable[Part], style: Style) -> str:
    """Running text with its formulas between dollar signs."""
    shown = pieces(parts, style.words)
    return "".join(
        plain(piece) if isinstance(piece, str) else f"${piece.latex}$" for piece in shown
    )


def _aligned(lines: Iterable[str]) -> str:
    """Rows that may stand on two pages."""
    body = under_one_another(line.replace(" && ", r" &&\qquad ") for line in lines)
    return f"\\begin{{alignat*}}{{2}}\n{body}\n\\end{{alignat*}}"
