"""Names of arrays and sizes in LaTeX: no two names look alike, none looks like a function."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import Array, Element, Index

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
_SHORT = {"eps": r"\epsilon", "lam": r"\lambda"}
_ACCENTS = {"hat": "hat", "bar": "bar", "tilde": "tilde"}
_WORDS = "max|min|diag|if|otherwise|using|where|sum"
_FUNCTIONS = re.compile("|".join([*(f.head for f in TABLE), _WORDS]))
_ESCAPES = {
    "\\": r"\textbackslash ", "{": r"\{", "}": r"\}", "_": r"\_", "%": r"\%", "#": r"\#",
    "&": r"\&", "$": r"\$", "~": r"\textasciitilde ", "^": r"\textasciicircum ",
}  # fmt: skip


def escape(text: str) -> str:
    """Text for the inside of \\text or \\mathrm: ASCII, with TeX's own characters escaped."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(_ESCAPES.get(c, c) if c.isascii() else f"u{ord(c):04x}" for c in letters)


@dataclass(frozen=True)
class Name:
    """A name in parts: \\accent{body}_{subscript}."""

    body: str
    accent: str = ""
    subscript: str = ""

    def show(self, indices: str = "", bold: bool = False) -> str:
        """The name with its indices, `W_{1,ij}`; bold for a whole vector or matrix."""
        body = self.body
        if bold:
            upright = body.startswith(r"\mathrm")
            body = body.replace(r"\mathrm", r"\mathbf") if upright else rf"\boldsymbol{{{body}}}"
        if self.accent:
            body = rf"\{self.accent}{{{body}}}"
        below = ",".join(part for part in (self.subscript, indices) if part)
        return f"{body}_{{{below}}}" if below else body


def _letter(text: str) -> str | None:
    """The LaTeX of one letter, Latin or Greek by name or by character; None for a longer name."""
    if len(text) == 1 and text.isascii() and text.isalpha():
        return text
    if len(text) == 1 and unicodedata.name(text, "").startswith("GREEK "):
        _, case, *rest = unicodedata.name(text).replace("LAMDA", "LAMBDA").split()
        text = rest[-1].capitalize() if case == "CAPITAL" else rest[-1].lower()
    return rf"\{text}" if _GREEK.fullmatch(text) else _SHORT.get(text)


def _word(text: str, style: str = "mathrm") -> str:
    spelled = "".join(c if c.isascii() else f"u{ord(c):04x}" for c in text)
    return rf"\{style}{{{escape(spelled)}}}"


def styled(name: str) -> Name:
    """x, gamma, eps, W1, x_hat, x_max in mathematical dress; any other name upright and whole.

    A trailing underscore, as in `lambda_`, is there for Python alone and is not shown.
    """
    name = name.removesuffix("_") or name
    match = re.fullmatch(r"(.+?)_?(hat|bar|tilde)", name)
    if match and (letter := _letter(match[1])):
        return Name(letter, accent=_ACCENTS[match[2]])
    if letter := _letter(name):
        return Name(letter)
    match = re.fullmatch(r"([^\W\d_]+)_?([0-9]+)", name) or re.fullmatch(
        r"([^\W\d_]+)_([^\W_]+)", name
    )
    if match and (letter := _letter(match[1])):
        # upright, since an italic letter down there would read as an index
        is_number = match[2].isdecimal() and match[2].isascii()
        return Name(letter, subscript=match[2] if is_number else _word(match[2]))
    return Name(_word(name, "mathtt" if _FUNCTIONS.fullmatch(name) else "mathrm"))


@dataclass
class Names:
    """The names of one derivation.

    adjoints: the array that each adjoint is the gradient in, shown as ∂loss/∂array.
    loss: the LaTeX of the scalar that is differentiated.
    """

    table: Mapping[str, Name]
    adjoints: Mapping[Array, Array] = field(default_factory=dict)
    loss: str = "L"

    @classmethod
    def of(
        cls, names: Iterable[str], adjoints: Mapping[Array, Array] | None = None, loss: str = ""
    ) -> Names:
        """A table in which every name looks different.

        names: of all arrays and sizes that can be shown together. loss: the name of the
        differentiated array; if it has none, L, or a script L where L is another's name.
        """
        table: dict[str, Name] = {}
        shown: set[Name] = set()
        for name in sorted(set(names), key=lambda n: (n.count("_"), n)):
            dress = styled(name)
            number = 1
            while dress in shown:
                number += 1
                dress = Name(_word(name), subscript=f"({number})" if number > 2 else "")
            shown.add(dress)
            table[name] = dress
        letter = table[loss].show() if loss else (r"\mathcal{L}" if "L" in table else "L")
        return cls(table, adjoints or {}, letter)

    def name(self, name: str) -> Name:
        """The name's dress; a name that is not in the table gets its usual one."""
        return self.table.get(name) or styled(name)

    def element(self, element: Element) -> str:
        """`y_{k}`, or `\\frac{\\partial L}{\\partial y_{k}}` for an element of an adjoint."""
        if element.array in self.adjoints:
            return self.partial(self.adjoints[element.array], element.indices)
        name = self.name(element.array.name)
        if name.body == r"\delta" and len(element.indices) > 1:
            name = Name(_word("delta"))  # \delta_{jk} is the Kronecker delta
        return name.show(subscript(element.indices))

    def partial(self, array: Array, indices: tuple[Index, ...]) -> str:
        """∂loss/∂array[indices]."""
        return rf"\frac{{\partial {self.loss}}}{{\partial {self.element(array[indices])}}}"

    def whole(self, array: Array) -> str:
        """The array as a whole: bold unless it is a scalar."""
        return self.name(array.name).show(bold=bool(array.axes))

    def whole_partial(self, array: Array) -> str:
        """∂loss/∂array as a whole."""
        return rf"\frac{{\partial {self.loss}}}{{\partial {self.whole(array)}}}"


def subscript(indices: tuple[Index, ...], separator: str = "") -> str:
    """`ij`; with commas where a name is longer than a letter."""
    names = [re.sub(r"(?<=.)(\d+)$", r"_{\1}", i.name) for i in indices]
    return (separator if all(len(n) == 1 for n in names) else ",").join(names)
