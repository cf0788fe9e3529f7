r"""Writes a formula so that Markdown leaves it as it is.

GitHub reads a page as Markdown first, and there `\,` is a comma, `\\` one backslash and `_` may
begin an emphasis. So a backslash stands before letters alone (`\cr`, `\thinspace`), and a space
before each `_`, which then ends no emphasis. Braces are left out where they can be, because GitHub
shows no more than 2000 of them on a page, and macros that it refuses are written otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.emit.tex import (
    Command,
    Fenced,
    Group,
    Node,
    Number,
    Rows,
    Script,
    Symbol,
    Word,
    parse,
)

_SPELLED = {
    r"\,": r"\thinspace", r"\;": r"\thickspace", r"\{": r"\lbrace", r"\}": r"\rbrace",
    "<": r"\lt", ">": r"\gt", "|": r"\vert", "[": r"\lbrack", "]": r"\rbrack", "*": r"\ast",
}  # fmt: skip
# Signs that neither TeX nor Markdown leaves alone in a text; the wide ones are letters to both.
_WIDE = {c: chr(ord(c) + 0xFEE0) for c in "%#&$\\{}^~*`<>|[]"}
_UNDERSCORE = r"\rule{0.4em}{0.05em}"


def for_markdown(tex: str) -> str:
    """The formula, written with letters and signs that mean nothing in Markdown."""
    return _side_by_side(parse(tex)).replace("& =", "&=").replace("& &", "&&")


def _side_by_side(items: Iterable[Node]) -> str:
    text = " ".join(map(_written, items))
    return text.replace("( ", "(").replace(" )", ")").replace(" ,", ",")


def _written(node: Node) -> str:
    match node:
        case Symbol(tex=tex):
            return _SPELLED.get(tex, tex)
        case Number(digits=digits):
            return digits
        case Word(style=style, text=text):
            return _word(style, text)
        case Group(items=items):
            return f"{{{_side_by_side(items)}}}"
        case Script(base=base, below=below, above=above):
            written = _written(base)
            written += f" _{_argument(below)}" if below is not None else ""
            return written + (f"^{_argument(above)}" if above is not None else "")
        case Command(name=name, arguments=arguments):
            return f"\\{name}" + "".join(
                a if a.startswith("{") else f" {a}" for a in map(_argument, arguments)
            )
        case Fenced(left=left, items=items, right=right):
            left, right = _SPELLED.get(left, left), _SPELLED.get(right, right)
            return rf"\left{left} {_side_by_side(items)} \right{right}"
        case Rows(name=name, rows=rows):
            body = r" \cr ".join(" & ".join(map(_side_by_side, cells)) for cells in rows)
            return rf"\begin{{{name}}} {body} \end{{{name}}}"
    raise AssertionError(node)


def _argument(items: tuple[Node, ...]) -> str:
    """An argument, in braces if it is more than one sign."""
    if len(items) == 1:
        (item,) = items
        if isinstance(item, Symbol) or (isinstance(item, Number) and len(item.digits) == 1):
            return _written(item)
    return f"{{{_side_by_side(items)}}}"


def _word(style: str, text: str) -> str:
    if style == "operatorname":
        style = "mathrm"
    if style in ("text", "textbf"):
        text = text.replace("\N{NO-BREAK SPACE}", " ")
    plain = "".join(_WIDE.get(c, c) for c in text)
    return rf"\{style}{{{plain.replace('_', _UNDERSCORE)}}}"
