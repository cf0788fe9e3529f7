"""NumPy code as a small tree: operations on whole arrays, without index names.

Two sub-expressions that compute the same array are the same tree, whatever their indices were
called, so a shared sub-expression is found by comparing trees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sympy import Expr

from symbackprop.algebra.registry import lowering

Number = Callable[[Expr], str]
"""Code for a size."""

ATOM, POWER, UNARY, TIMES, PLUS, AND, OR, COMPARE = 9, 7, 6, 5, 4, 3, 2, 1
_LEVELS = {
    "**": POWER, "neg": UNARY, "~": UNARY, "*": TIMES, "/": TIMES, "@": TIMES, "//": TIMES,
    "%": TIMES,
    "+": PLUS, "-": PLUS, "&": AND, "|": OR,
    "<": COMPARE, "<=": COMPARE, ">": COMPARE, ">=": COMPARE, "==": COMPARE, "!=": COMPARE,
}  # fmt: skip

ELEMENTWISE = frozenset(_LEVELS) - {"@"}


@dataclass(frozen=True)
class Code:
    """One operation.

    op: "atom", "call", "reduce" (np.sum, np.max, np.mean), "index", "take" (positions in arrays),
        "suffix", "list", "tuple", or an operator.
    text: a name or number, the function, the text in brackets (of "take" with %s for each array
        of positions), or the text behind the operand.
    axes, keep: of a "reduce": the axes and whether they stay with length 1.
    shape: the axis sizes of the result.
    """

    op: str
    args: tuple[Code, ...] = ()
    text: str = ""
    axes: tuple[int, ...] = ()
    keep: bool = False
    shape: tuple[Expr, ...] = field(default=(), compare=False)

    @property
    def level(self) -> int:
        """How tightly the operation binds, in Python's order of precedence."""
        if self.op == "atom" and (self.text.startswith("-") or " " in self.text):
            return TIMES if " " in self.text else UNARY
        return _LEVELS.get(self.op, ATOM)

    def __str__(self) -> str:
        if self.op == "atom":
            return self.text
        if self.op == "call":
            return f"{self.text.partition('(')[0]}({self._arguments()})"
        if self.op == "reduce":
            return f"{self.text}({self.args[0]}{self._axis()})"
        if self.op == "index":
            return f"{_wrapped(self.args[0], ATOM)}[{self.text}]"
        if self.op == "suffix":
            return f"{_wrapped(self.args[0], ATOM)}{self.text}"
        if self.op == "take":
            places = self.text % tuple(str(a) for a in self.args[1:])
            return f"{_wrapped(self.args[0], ATOM)}[{places}]"
        if self.op in ("list", "tuple"):
            inside = ", ".join(map(str, self.args))
            return f"[{inside}]" if self.op == "list" else f"({inside})"
        if self.op == "neg":
            inner = self.args[0]
            return f"-{_wrapped(inner, TIMES if inner.op in ('*', '/') else UNARY)}"
        if self.op == "~":
            return f"~{_wrapped(self.args[0], ATOM)}"
        left, right = self.args
        low = self.level + (self.op == "**" or self.level == COMPARE)
        high = self.level + (self.op != "**")
        gap = "" if self.op == "**" and left.op == right.op == "atom" else " "
        return f"{_wrapped(left, low)}{gap}{self.op}{gap}{_wrapped(right, high)}"

    def _arguments(self) -> str:
        before, _, after = self.text.partition("(")[2].partition("|")
        parts = [before, *(str(a) for a in self.args), after]
        return ", ".join(part for part in parts if part)

    def _axis(self) -> str:
        rank = len(self.args[0].shape)
        text = ""
        if len(self.axes) < rank:
            text = f", axis={self.axes[0] if len(self.axes) == 1 else self.axes}"
        return text + (", keepdims=True" if self.keep else "")


@lowering
def _wrapped(code: Code, level: int) -> str:
    """a * (b + c): brackets around what binds less tightly than the place that it stands in."""
    return str(code) if code.level >= level else f"({code})"


def atom(text: str, shape: tuple[Expr, ...] = ()) -> Code:
    """A name or a number."""
    return Code("atom", text=text, shape=shape)


def exponent(code: Code) -> str:
    """The exponent of a power, where it is a name or a number."""
    return code.args[1].text if code.args[1].op == "atom" else ""


def call(
    function: str, *args: Code, shape: tuple[Expr, ...], before: str = "", after: str = ""
) -> Code:
    """function(before, *args, after), where `before` and `after` are plain text."""
    return Code("call", args, f"{function}({before}|{after}", shape=shape)


def operate(op: str, left: Code, right: Code) -> Code:
    """left op right, elementwise; the shapes broadcast."""
    return Code(op, (left, right), shape=broadcast(left.shape, right.shape))


def folded(op: str, codes: Sequence[Code]) -> Code:
    """((a op b) op c) …"""
    total = codes[0]
    for code in codes[1:]:
        total = operate(op, total, code)
    return total


def broadcast(one: tuple[Expr, ...], two: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The shape that NumPy gives to an elementwise operation on these shapes."""
    if len(one) < len(two):
        one, two = two, one
    pad = len(one) - len(two)
    tail = (b if a == 1 else a for a, b in zip(one[pad:], two, strict=True))
    return (*one[:pad], *tail)


def is_number(code: Code) -> bool:
    """Whether the code is a numeric literal (or a quotient of two)."""
    return code.op == "atom" and code.text.lstrip("-")[:1].isdigit()
