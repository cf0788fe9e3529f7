"""Names of arrays and sizes in LaTeX: no two names look alike, none looks like a function."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sympy import Add, Expr, Mul, Symbol

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import Array, Element, Gather, Index, Quotient, Remainder
from symbackprop.algebra.spelling import in_parentheses, subscript_text

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
    dotted: bool = False

    def show(self, indices: str = "", bold: bool = False) -> str:
        """The name with its indices, `W_{1,ij}`; bold for a whole vector or matrix."""
        body = self.body
        if bold:
            upright = body.startswith(r"\mathrm")
            body = body.replace(r"\mathrm", r"\mathbf") if upright else rf"\boldsymbol{{{body}}}"
        if self.accent:
            body = rf"\{self.accent}{{{body}}}"
        if self.dotted:
            body = rf"\dot{{{body}}}"
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
    dots: the array that each rate of change is of, shown with a dot; that of an adjoint is
        shown as ∂/∂array of the dotted scalar, since directions do not change.
    changes: the array that each differential is of, shown as \\mathrm{d} before its name.
    """

    table: Mapping[str, Name]
    adjoints: Mapping[Array, Array] = field(default_factory=dict)
    loss: str = "L"
    dots: Mapping[Array, Array] = field(default_factory=dict)
    changes: Mapping[Array, Array] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        names: Iterable[str],
        adjoints: Mapping[Array, Array] | None = None,
        loss: str = "",
        dots: Mapping[Array, Array] | None = None,
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
        return cls(table, adjoints or {}, letter, dots or {})

    @property
    def taken(self) -> frozenset[str]:
        """The names that no index may have."""
        return frozenset(self.table)

    def name(self, name: str) -> Name:
        """The name's dress; a name that is not in the table gets its usual one."""
        return self.table.get(name) or styled(name)

    def element(self, element: Element) -> str:
        """`y_{k}`, or `\\frac{\\partial L}{\\partial y_{k}}` for an element of an adjoint."""
        if self.is_partial(element.array):
            of, dotted = self._differentiated(element.array)
            return self.partial(of, element.indices, dotted)
        name = self._dressed(element.array)
        if name.body == r"\delta" and len(element.indices) > 1:
            name = Name(_word("delta"))  # \delta_{jk} is the Kronecker delta
        return name.show(self.subscripts(element.indices))

    def subscripts(self, places: tuple[Expr, ...]) -> str:
        """`ij`, or `n,i+1` with commas where one of them is no index."""
        indices = tuple(i for i in places if isinstance(i, Index))
        if len(indices) == len(places):
            return subscript(indices)
        return ",".join(self.position(u) for u in places)

    def position(self, u: Expr) -> str:
        """One subscript: i+1, (g-1)P+p, ℓ_n, ⌈k/P⌉."""
        if isinstance(u, Index):
            return subscript((u,))
        if isinstance(u, Gather):
            return self.element(u.element) if isinstance(u.element, Element) else str(u)
        if isinstance(u, Quotient):
            inner, size = (in_parentheses(a, self.position(a)) for a in u.args)
            return rf"\lceil {inner}/{size} \rceil"
        if isinstance(u, Remainder):
            parts = u.args[0] - 1, u.args[1]
            inner, size = (in_parentheses(a, self.position(a)) for a in parts)
            return rf"{inner} \bmod {size} + 1"
        if isinstance(u, Symbol):
            return self.name(u.name).show()
        if isinstance(u, Add | Mul):
            return subscript_text(u, self.position, " ")
        return str(u)

    def partial(self, array: Array, indices: tuple[Expr, ...], dotted: bool = False) -> str:
        """∂loss/∂array[indices]."""
        return self._fraction(self.element(array[indices]), dotted)

    def whole(self, array: Array) -> str:
        """The array as a whole: bold unless it is a scalar; an adjoint as ∂loss/∂array."""
        if array in self.changes:
            return rf"\mathrm{{d}} {self.whole(self.changes[array])}"
        if self.is_partial(array):
            of, dotted = self._differentiated(array)
            return self._fraction(self.whole(of), dotted)
        return self._dressed(array).show(bold=bool(array.axes))

    def mention(self, array: Array, bold: bool) -> str:
        """The array in a sentence, without indices."""
        if self.is_partial(array):
            of, dotted = self._differentiated(array)
            return self._fraction(self.mention(of, bold), dotted)
        return self.whole(array) if bold else self._dressed(array).show()

    def whole_partial(self, array: Array) -> str:
        """∂loss/∂array as a whole."""
        return self._fraction(self.whole(array), False)

    def partial_in(self, array: Array, bold: bool) -> str:
        """∂loss/∂array in a sentence, without indices."""
        return self._fraction(self.mention(array, bold), False)

    def is_partial(self, array: Array) -> bool:
        """Whether the array is shown as a derivative of the loss."""
        return self.dots.get(array, array) in self.adjoints

    def _differentiated(self, array: Array) -> tuple[Array, bool]:
        """The array that an adjoint, or the rate of change of one, belongs to; and which it is."""
        return self.adjoints[self.dots.get(array, array)], array in self.dots

    def _fraction(self, below: str, dotted: bool) -> str:
        loss = rf"\dot{{{self.loss}}}" if dotted else self.loss
        return rf"\frac{{\partial {loss}}}{{\partial {below}}}"

    def _dressed(self, array: Array) -> Name:
        if array in self.dots:
            return replace(self.name(self.dots[array].name), dotted=True)
        return self.name(array.name)


def subscript(indices: tuple[Index, ...], separator: str = "") -> str:
    """`ij`; with commas where a name is longer than a letter."""
    names = [re.sub(r"(?<=.)(\d+)$", r"_{\1}", i.name) for i in indices]
    return (separator if all(len(n) == 1 for n in names) else ",").join(names)
