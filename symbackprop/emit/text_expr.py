"""One expression as a line of text, in ASCII or Unicode.

Products, quotients and powers are written out (`*` or `·`, `/`, `^`), elements as y[k], sums as
`sum_k f` or `Σ_k f`, where the sum takes in the product that follows it and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Add, Basic, Expr, Mul, Number, Pow, Rational, S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.matrices import Cholesky, Determinant, DetSign, Inverse, LogAbsDet
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Gather,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Position,
    Quotient,
    Reduction,
    Remainder,
    Where,
)
from symbackprop.algebra.partial import Partial
from symbackprop.algebra.reading import Product, decimal, product, terms, without_one
from symbackprop.algebra.spelling import in_parentheses, subscript_text
from symbackprop.algebra.subscripts import is_position
from symbackprop.errors import NotYet

SUM, PRODUCT, OPEN, POWER, ATOM = range(5)
_CALLS: dict[type[Basic], str] = {
    **{f.cls: f.head for f in TABLE}, Maximum: "max", Minimum: "min", Where: "where",
}  # fmt: skip


_OF_MATRIX: dict[type[MatrixFunction], str] = {
    Cholesky: "cholesky({})", Inverse: "inv({})", Determinant: "det({})", DetSign: "sign(det({}))",
    LogAbsDet: "log(abs(det({})))",
}  # fmt: skip


def function_of(cls: type[MatrixFunction], matrix: str) -> str:
    """A function of a matrix."""
    if cls not in _OF_MATRIX:
        raise NotYet(f"{cls.__name__} cannot be shown as text yet")
    return _OF_MATRIX[cls].format(matrix)


@dataclass(frozen=True)
class Signs:
    """The signs of one character set. open_sums: `sum_k f`, else `sum_k(f)`."""

    times: str
    total: str
    product: str
    delta: str
    partial: str
    relations: dict[str, str]
    both: str
    either: str
    negation: str
    constants: dict[Basic, str]
    power: str = "^"
    comma: str = ","
    open_sums: bool = True


ASCII = Signs(
    times="*", total="sum", product="prod", delta="delta", partial="d",
    relations={r: r for r in (">", ">=", "<", "<=", "==", "!=")},
    both=" & ", either=" | ", negation="~",
    constants={S.Exp1: "e", S.Pi: "pi", S.Infinity: "inf"},
)  # fmt: skip
UNICODE = Signs(
    times="·", total="Σ", product="Π", delta="δ", partial="∂",
    relations={">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"},
    both=" ∧ ", either=" ∨ ", negation="¬",
    constants={S.Exp1: "e", S.Pi: "π", S.Infinity: "∞"},
)  # fmt: skip


class TextPrinter:
    """Prints expressions in one character set."""

    def __init__(self, signs: Signs) -> None:
        self.signs = signs

    def show(self, expr: Basic, level: int = SUM) -> str:
        """The expression, in parentheses if it does not reach the level."""
        text, own = self._print(expr)
        return text if own >= level else f"({text})"

    def element(self, array: Array, indices: tuple[Expr, ...]) -> str:
        """`y[j,k]`, `x[i+1]`; a scalar has no brackets."""
        inner = self.signs.comma.join(map(self.position, indices))
        return f"{array.name}[{inner}]" if inner else array.name

    def position(self, u: Expr) -> str:
        """One subscript: i+1, (g-1)*P+p, labels[n], ceil(k/P)."""
        if isinstance(u, Gather):
            return self.show(u.element)
        if isinstance(u, Quotient):
            inner, size = (in_parentheses(a, self.position(a)) for a in u.args)
            return f"ceil({inner}/{size})"
        if isinstance(u, Remainder):
            parts = u.args[0] - 1, u.args[1]
            inner, size = (in_parentheses(a, self.position(a)) for a in parts)
            return f"{inner}%{size}+1"
        if isinstance(u, Add | Mul):
            return subscript_text(u, self.position, "*")
        return str(u)

    def _print(self, expr: Basic) -> tuple[str, int]:
        check_time()
        if isinstance(expr, Element):
            return self.element(expr.array, expr.indices), ATOM
        if isinstance(expr, Add | Mul) and is_position(expr):
            return self.position(expr), SUM
        if isinstance(expr, Add):
            return self._sum(expr), SUM
        if isinstance(expr, Mul | Number):
            return self._product(product(expr))
        if isinstance(expr, Pow):
            read = product(expr)
            return self._power(expr) if read.is_plain else self._product(read)
        if isinstance(expr, IndexMax) and (read := product(expr)).negative:
            return self._product(read)
        if isinstance(expr, Reduction):
            return self._reduction(expr), OPEN if self.signs.open_sums else ATOM
        if isinstance(expr, Partial):
            return self._partial(expr)
        if isinstance(expr, Relational | And | Or | Not):
            return self._condition(expr), SUM
        return self._atom(expr), ATOM

    def _atom(self, expr: Basic) -> str:
        if type(expr) in _CALLS:
            return f"{_CALLS[type(expr)]}({', '.join(self.show(a) for a in expr.args)})"
        if isinstance(expr, Delta):
            return f"{self.signs.delta}({','.join(map(self.position, expr.indices))})"
        if isinstance(expr, Iverson):
            return f"[{self._condition(expr.condition)}]"
        if isinstance(expr, MatrixFunction):
            matrix = self.element(expr.argument.array, expr.lead)
            inner = self.signs.comma.join(i.name for i in expr.indices)
            return function_of(type(expr), matrix) + (f"[{inner}]" if inner else "")
        if expr in self.signs.constants:
            return self.signs.constants[expr]
        if isinstance(expr, Symbol | Position):
            return self.position(expr)
        raise NotYet(f"{type(expr).__name__} cannot be shown as text yet")

    def _terms(self, expr: Expr) -> list[Product]:
        return terms(expr)

    def _sum(self, expr: Expr) -> str:
        text = ""
        for term in self._terms(expr):
            sign = "-" if term.negative else "+" if text else ""
            piece = self._unsigned(term)[0]
            text += f" {sign} {piece}" if text else sign + piece
        return text

    def _product(self, read: Product) -> tuple[str, int]:
        text, level = self._unsigned(read)
        return ("-" + text, SUM) if read.negative else (text, level)

    def _unsigned(self, read: Product) -> tuple[str, int]:
        """A product without its sign, at least at the level of a product."""
        above, below = self._number(read.coefficient)
        if not read.denominator and not below:
            return self._factors(above, read.numerator)
        bottom, level = self._factors(below, read.denominator)
        bottom = bottom if level >= OPEN else f"({bottom})"
        slash = " / " if level == OPEN else "/"
        head = read.numerator
        while self.signs.open_sums and head and isinstance(head[-1], IndexSum):
            head = head[:-1]
        tail = read.numerator[len(head) :] if level != OPEN else ()
        head = head if tail else read.numerator
        shown = [*above, *(self.show(f, POWER) for f in head)] or ["1"]
        text = self.signs.times.join(shown) + slash + bottom
        if tail:
            text = self.signs.times.join([f"({text})", self._factors([], tail)[0]])
        return text, PRODUCT

    def _number(self, number: Rational) -> tuple[list[str], list[str]]:
        """The coefficient as factors above and below the line; 1 is no factor."""
        text = decimal(number)
        if text is not None:
            return [text], []
        above = [] if number.p == 1 else [str(number.p)]
        return above, [] if number.q == 1 else [str(number.q)]

    def _factors(self, numbers: list[str], factors: tuple[Expr, ...]) -> tuple[str, int]:
        if not factors:
            return (numbers[0] if numbers else "1"), ATOM
        if not numbers and len(factors) == 1:
            text, level = self._print(factors[0])
            return (text, level) if level >= PRODUCT else (f"({text})", ATOM)
        shown = [self.show(f, POWER) for f in factors[:-1]] + [self.show(factors[-1], OPEN)]
        return self.signs.times.join(numbers + shown), PRODUCT

    def _power(self, expr: Pow) -> tuple[str, int]:
        base, exponent = expr.args
        if exponent == S.Half:
            return f"sqrt({self.show(base)})", ATOM
        return f"{self.show(base, ATOM)}{self.signs.power}{self.show(exponent, ATOM)}", POWER

    def _partial(self, expr: Partial) -> tuple[str, int]:
        """∂y[j]/∂x[k], ∂/∂x[k] (…)."""
        d, below = self.signs.partial, self.show(expr.element, ATOM)
        if isinstance(expr.expr, Element):
            return f"{d}{self.show(expr.expr, ATOM)}/{d}{below}", PRODUCT
        return f"{d}/{d}{below} ({self.show(expr.expr)})", PRODUCT

    def _reduction(self, expr: Reduction) -> str:
        name = {IndexSum: self.signs.total, IndexProduct: self.signs.product}.get(
            type(expr), "max" if isinstance(expr, IndexMax) else "min"
        )
        over, body = ",".join(i.name for i in expr.bound), expr.body
        if isinstance(expr, IndexProduct) and (read := without_one(expr)) is not None:
            others, body = ",".join(self.show(i) for i in read[0]), read[1]
            both = f"({over}) {{}} ({others})" if len(expr.bound) > 1 else f"{over} {{}} {others}"
            over = "(" + both.format(self.signs.relations["!="]) + ")"
        if not self.signs.open_sums:
            return f"{name}_{over}({self.show(body)})"
        level = PRODUCT if isinstance(expr, IndexSum) else POWER
        return f"{name}_{over} {self.show(body, level)}"

    def _condition(self, expr: Basic) -> str:
        if isinstance(expr, Relational):
            left, right = (self.show(a) for a in expr.args)
            return f"{left} {self.signs.relations[expr.rel_op]} {right}"
        if isinstance(expr, And | Or):
            joint = self.signs.both if isinstance(expr, And) else self.signs.either
            return joint.join(f"({self._condition(a)})" for a in expr.args)
        if isinstance(expr, Not):
            return f"{self.signs.negation}({self._condition(expr.args[0])})"
        raise NotYet(f"{type(expr).__name__} cannot be shown as text yet")
