"""What a claim in index notation says, before any of its names is looked up.

Text and LaTeX are read into the same tree. Every node knows the place in the claim that it came
from, so that an error can point at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

Span = tuple[int, int]


@dataclass(frozen=True)
class Node:
    """A piece of a claim; `span` is where it stands in the text."""

    span: Span = field(compare=False, repr=False, kw_only=True, default=(0, 0))


@dataclass(frozen=True)
class Literal(Node):
    """A number."""

    value: Fraction


@dataclass(frozen=True)
class Word(Node):
    r"""A name as it is written: `x`, `Loss`, `\gamma` (as "gamma"), `\mathrm{tax}`.

    whole: it is one name for certain; other words of several letters may be products of letters.
    accent: "hat", "bar", "tilde" or "". bold: set as a vector or matrix.
    """

    text: str
    whole: bool = False
    accent: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Subscripted(Node):
    """`base_{places}`; `bracket` for `base[places]`."""

    base: Node
    places: tuple[Node, ...]
    bracket: bool = False


@dataclass(frozen=True)
class Raised(Node):
    r"""`base^exponent`. elementwise: `base^{\odot exponent}`."""

    base: Node
    exponent: Node
    elementwise: bool = False


@dataclass(frozen=True)
class Transposed(Node):
    r"""`base^\top`. letter: it was written as the letter T."""

    base: Node
    letter: bool = False


@dataclass(frozen=True)
class Group(Node):
    """Something in delimiters: "(", "[", "{" (braces that are seen), "|"; or several with commas.

    opened: an invisible group, TeX's own braces, has the delimiter "".
    """

    items: tuple[Node, ...]
    delimiter: str


@dataclass(frozen=True)
class Signed(Node):
    """A sum: each term with its sign, +1 or -1."""

    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True)
class Factors(Node):
    """A product as it is written. signs: what stands before each factor but the first.

    "" side by side, "*" (a dot, a star), "x" (a cross), "o" elementwise, "/" and "@".
    """

    items: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Fraction_(Node):
    r"""`\frac{top}{bottom}`."""

    top: Node
    bottom: Node


@dataclass(frozen=True)
class Applied(Node):
    r"""A function that is known by its sign: `\exp(u)`, `\sqrt{u}`, `\max(u, v)`.

    power: of the value, as in `\tanh^2 x`. bare: the argument has no parentheses around it.
    """

    name: str
    arguments: tuple[Node, ...]
    power: Node | None = None
    bare: bool = False


@dataclass(frozen=True)
class Big(Node):
    r"""`\sum_{below}^{above} body`, also prod, max and min. below: conditions, or indices alone."""

    kind: str
    below: tuple[Node, ...]
    above: Node | None
    body: Node


@dataclass(frozen=True)
class Relation(Node):
    """`u < v <= w`: sides and the signs between them."""

    sides: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Both(Node):
    """Conditions joined by "and", "or"; "not" of one."""

    kind: str
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Cases(Node):
    """Values and their conditions; None is otherwise."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Marked(Node):
    r"""`\partial x`, or the d of `dx` in a quotient; order: of `\partial^2 L`."""

    node: Node
    order: int = 1


@dataclass(frozen=True)
class Indicator(Node):
    r"""`\mathbf{1}`: ones, or with a condition below or behind it the indicator of that."""

    condition: Node | None = None


def walk(node: Node) -> list[Node]:
    """The node and all nodes in it."""
    found = [node]
    for value in vars(node).values():
        for item in _items(value):
            found += walk(item)
    return found


def _items(value: object) -> list[Node]:
    if isinstance(value, Node):
        return [value]
    if isinstance(value, tuple):
        return [n for v in value for n in _items(v)]
    return []
