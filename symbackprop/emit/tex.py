r"""Reads the LaTeX that the printers write: symbols, scripts, fractions, brackets, words.

It is read to be measured, broken into lines, and written again for Markdown and as MathML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s]")
_RAW = re.compile(r"((?:\\.|[^{}\\])*)\}")
# Commands whose argument is text, and those whose arguments are formulas, with their number.
TEXT = frozenset({"text", "textbf", "mathrm", "mathbf", "mathtt", "mathcal", "operatorname"})
ARGUMENTS = {"frac": 2, "sqrt": 1, "hat": 1, "bar": 1, "tilde": 1, "dot": 1, "boldsymbol": 1}
LARGE = frozenset([r"\sum", r"\prod"])
_PLAIN = {r"\textbackslash ": "\\", r"\textasciicircum ": "^"}


@dataclass(frozen=True)
class Node:
    """A piece of a formula; it stands from start to end in what was read."""

    start: int
    end: int


@dataclass(frozen=True)
class Symbol(Node):
    r"""A letter, a sign, a command without arguments: `x`, `+`, `\alpha`, `\,`."""

    tex: str


@dataclass(frozen=True)
class Number(Node):
    digits: str


@dataclass(frozen=True)
class Word(Node):
    r"""\mathrm{rate}, \operatorname{diag}, \text{where}: text in a style."""

    style: str
    text: str


@dataclass(frozen=True)
class Group(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Script(Node):
    base: Node
    below: tuple[Node, ...] | None
    above: tuple[Node, ...] | None


@dataclass(frozen=True)
class Command(Node):
    r"""\frac{…}{…} and the like."""

    name: str
    arguments: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Fenced(Node):
    r"""\left( … \right)."""

    left: str
    items: tuple[Node, ...]
    right: str


@dataclass(frozen=True)
class Rows(Node):
    r"""\begin{cases} … & … \\ … & … \end{cases}."""

    name: str
    rows: tuple[tuple[tuple[Node, ...], ...], ...]


def parse(tex: str) -> tuple[Node, ...]:
    """The formula as nodes. Raises ValueError where a bracket is not closed."""
    reader = _Reader(tex)
    items = reader.items(frozenset())
    if reader.token:
        raise ValueError(f"{reader.token!r} at {reader.at} of {tex!r} closes nothing")
    return items


def is_tall(items: Iterable[Node]) -> bool:
    """Whether there is a fraction or a large sum among them."""
    for item in items:
        base = item.base if isinstance(item, Script) else item
        if isinstance(base, Command) and base.name == "frac":
            return True
        if isinstance(base, Symbol) and base.tex in LARGE:
            return True
        if isinstance(base, Rows) or (isinstance(base, Fenced | Group) and is_tall(base.items)):
            return True
    return False


class _Reader:
    def __init__(self, tex: str) -> None:
        self.tex = tex
        self.at = self.end = 0
        self.token = ""
        self.next()

    def next(self) -> str:
        """Steps over the token and gives it."""
        token = self.token
        found = _TOKEN.search(self.tex, self.end)
        self.behind = self.end
        self.token = found[0] if found else ""
        self.at, self.end = found.span() if found else (len(self.tex), len(self.tex))
        return token

    def take(self, token: str) -> None:
        if self.token != token:
            raise ValueError(f"{token!r} is missing at {self.at} of {self.tex!r}")
        self.next()

    def items(self, ends: frozenset[str]) -> tuple[Node, ...]:
        found: list[Node] = []
        while self.token and self.token not in ends | {"}"}:
            found.append(self.item())
        return tuple(found)

    def item(self) -> Node:
        start, base = self.at, self.base()
        below = above = None
        while self.token in ("_", "^"):
            if self.next() == "_":
                below = self.argument()
            else:
                above = self.argument()
        if below is None and above is None:
            return base
        return Script(start, self.behind, base, below, above)

    def argument(self) -> tuple[Node, ...]:
        if self.token != "{":
            return (self.base(),)
        self.next()
        items = self.items(frozenset())
        self.take("}")
        return items

    def base(self) -> Node:
        start, token = self.at, self.token
        if token == "{":
            items = self.argument()
            return Group(start, self.behind, items)
        if token in ("_", "^"):
            raise ValueError(f"{token!r} at {start} of {self.tex!r} belongs to nothing")
        name = token[1:] if token.startswith("\\") else ""
        if name in TEXT:
            return self.word(start, name)
        self.next()
        if name in ARGUMENTS:
            arguments = tuple(self.argument() for _ in range(ARGUMENTS[name]))
            return Command(start, self.behind, name, arguments)
        if name == "left":
            left = self.next()
            items = self.items(frozenset({r"\right"}))
            self.take(r"\right")
            right = self.next()
            return Fenced(start, self.behind, left, items, right)
        if name == "begin":
            return self.rows(start)
        if token[0].isdigit():
            return Number(start, self.behind, token)
        return Symbol(start, self.behind, token)

    def word(self, start: int, style: str) -> Word:
        text = self.raw()
        for tex, plain in _PLAIN.items():
            text = text.replace(tex, plain)
        text = re.sub(r"\\([{}_%#&$])", r"\1", text.replace("~", "\N{NO-BREAK SPACE}"))
        return Word(start, self.behind, style, text)

    def raw(self) -> str:
        """The text in the braces that follow the token; steps over both."""
        self.next()
        found = _RAW.match(self.tex, self.end) if self.token == "{" else None
        if found is None:
            raise ValueError(f"a text is missing or open at {self.at} of {self.tex!r}")
        self.end = found.end()
        self.next()
        return found[1]

    def rows(self, start: int) -> Rows:
        # `begin` is behind: the token is the brace, so the name is read by hand
        found = _RAW.match(self.tex, self.end)
        if self.token != "{" or found is None:
            raise ValueError(f"an environment has no name at {self.at} of {self.tex!r}")
        self.end = found.end()
        self.next()
        rows: list[tuple[tuple[Node, ...], ...]] = []
        cells: list[tuple[Node, ...]] = []
        while True:
            cells.append(self.items(frozenset({"&", r"\\", r"\end"})))
            token = self.next()
            if token != "&":
                rows.append(tuple(cells))
                cells = []
            if token == r"\end":
                break
            if not token:
                raise ValueError(f"{found[1]} at {start} of {self.tex!r} is not closed")
        close = _RAW.match(self.tex, self.end)
        if self.token != "{" or close is None or close[1] != found[1]:
            raise ValueError(f"{found[1]} at {start} of {self.tex!r} is not closed")
        self.end = close.end()
        self.next()
        return Rows(start, self.behind, found[1], tuple(rows))
