r"""One expression in LaTeX: ASCII, in the order of its tree, with parentheses where needed.

Every printed piece has a level that says what it may stand in without parentheses:
CASES < SUM < PRODUCT < OPEN (ends in something that swallows what follows, as \sum_k f_k does)
< SCRIPT (a power or a fraction: a factor, but not a base) < ATOM.
"""

from __future__ import annotations

import re
from itertools import pairwise

from sympy import Abs, Add, Basic, Expr, Mul, Number, Pow, Rational, S, Symbol
from sympy import exp as Exp
from sympy import log as Log
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.matrices import Cholesky, Determinant, DetSign, Inverse, LogAbsDet
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Position,
    Reduction,
    Where,
)
from symbackprop.algebra.partial import Partial
from symbackprop.algebra.reading import Product, decimal, product, terms, without_one
from symbackprop.algebra.subscripts import is_position
from symbackprop.algebra.trees import walk
from symbackprop.emit.latex_names import Names, subscript
from symbackprop.errors import NotYet

CASES, SUM, PRODUCT, OPEN, SCRIPT, ATOM = range(6)
RELATIONS = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}
_CONSTANTS = {S.Exp1: "e", S.Pi: r"\pi", S.Infinity: r"\infty"}
_WORD = re.compile(r"\\math(rm|tt|bf)\{\w\w")


def group(text: str) -> str:
    """The text in parentheses that grow with it."""
    return rf"\left({text}\right)"


def function_of(
    cls: type[MatrixFunction], matrix: str, indices: tuple[Index, ...] = ()
) -> tuple[str, int]:
    """A function of a matrix, or the element of it at these indices, and its level."""
    if issubclass(cls, Inverse):
        whole = f"{matrix}^{{-1}}"
        return (f"{group(whole)}_{{{subscript(indices)}}}", ATOM) if indices else (whole, SCRIPT)
    if issubclass(cls, Determinant):
        return rf"\det {matrix}", OPEN
    if issubclass(cls, Cholesky):
        whole = r"\operatorname{chol}" + group(matrix)
        return f"{whole}_{{{subscript(indices)}}}" if indices else whole, SCRIPT
    if issubclass(cls, LogAbsDet):
        return rf"\log \left| \det {matrix} \right|", OPEN
    if issubclass(cls, DetSign):
        return r"\operatorname{sign}" + group(rf"\det {matrix}"), SCRIPT
    raise NotYet(f"{cls.__name__} cannot be shown in LaTeX yet")


def juxtapose(factors: list[str]) -> str:
    """Factors side by side: a dot before a digit, a thin space beside an upright word."""
    text = factors[0]
    for previous, factor in pairwise(factors):
        if factor[0].isdigit():
            text += r" \cdot "
        elif _WORD.match(previous) or _WORD.match(factor):
            text += r" \, "
        else:
            text += " "
        text += factor
    return text


class LatexPrinter:
    """Prints expressions with the names of one derivation."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def show(self, expr: Basic, level: int = CASES) -> str:
        """The expression, in parentheses if it does not reach the level."""
        text, own = self.piece(expr)
        return text if own >= level else group(text)

    def piece(self, expr: Basic) -> tuple[str, int]:
        """The expression and its level."""
        check_time()
        if isinstance(expr, Element):
            is_partial = self.names.is_partial(expr.array)
            return self.names.element(expr), SCRIPT if is_partial else ATOM
        if isinstance(expr, Add | Mul) and is_position(expr):
            return self.names.position(expr), SUM
        if isinstance(expr, Add):
            return self._sum(expr), SUM
        if isinstance(expr, Mul | Number):
            return self._product(product(expr))
        if isinstance(expr, Pow):
            read = product(expr)
            return self._power(expr) if read.is_plain else self._product(read)
        if isinstance(expr, IndexSum):
            body = self.show(expr.body, PRODUCT)
            return rf"\sum_{{{subscript(expr.bound, ',')}}} {body}", OPEN
        if isinstance(expr, IndexProduct):
            return self._repeated(expr), OPEN
        if isinstance(expr, IndexMax | IndexMin):
            if (read := product(expr)).negative:
                return self._product(read)
            name = r"\max" if isinstance(expr, IndexMax) else r"\min"
            return rf"{name}_{{{subscript(expr.bound, ',')}}} {self.show(expr.body, SCRIPT)}", OPEN
        if isinstance(expr, Partial):
            return self._partial(expr), SCRIPT
        if isinstance(expr, Where):
            return self._cases(expr), CASES
        if isinstance(expr, Relational | And | Or | Not):
            return self._condition(expr), SUM
        if isinstance(expr, Exp | Log):
            return self._exp(expr) if isinstance(expr, Exp) else self._log(expr)
        if isinstance(expr, MatrixFunction):
            matrix = self.names.name(expr.argument.array.name)
            return function_of(type(expr), matrix.show(subscript(expr.lead), True), expr.indices)
        return self._atom(expr), ATOM

    def _atom(self, expr: Basic) -> str:
        if isinstance(expr, Delta):
            return rf"\delta_{{{self.names.subscripts(expr.indices)}}}"
        if isinstance(expr, Iverson):
            return rf"\left[ {self._condition(expr.condition)} \right]"
        if isinstance(expr, Maximum | Minimum):
            name = r"\max" if isinstance(expr, Maximum) else r"\min"
            return name + group(", ".join(self.show(a) for a in expr.args))
        if isinstance(expr, Abs):
            return rf"\left| {self.show(expr.args[0])} \right|"
        if type(expr) in BY_CLASS:
            return BY_CLASS[type(expr)].macro + group(self.show(expr.args[0]))
        if expr in _CONSTANTS:
            return _CONSTANTS[expr]
        if isinstance(expr, Index | Position):
            return self.names.position(expr)
        if isinstance(expr, Symbol):
            return self.names.name(expr.name).show()
        raise NotYet(f"{type(expr).__name__} cannot be shown in LaTeX yet")

    def _partial(self, expr: Partial) -> str:
        below = rf"\partial {self.show(expr.element)}"
        if isinstance(expr.expr, Element):
            return rf"\frac{{\partial {self.show(expr.expr)}}}{{{below}}}"
        return rf"\frac{{\partial}}{{{below}}} {group(self.show(expr.expr))}"

    def _repeated(self, expr: IndexProduct) -> str:
        over, body = subscript(expr.bound, ","), expr.body
        read = without_one(expr)
        if read is not None:
            others, body = ", ".join(map(self.show, read[0])), read[1]
            if all(isinstance(i, Index) for i in read[0]):
                others = subscript(read[0], ",")
            both = (over, others) if len(expr.bound) == 1 else (f"({over})", f"({others})")
            over = r" \neq ".join(both)
        return rf"\prod_{{{over}}} {self.show(body, PRODUCT)}"

    def _sum(self, expr: Expr) -> str:
        text = ""
        for term in terms(expr):
            sign = "-" if term.negative else "+" if text else ""
            piece, level = self._unsigned(term)
            piece = piece if level >= PRODUCT else group(piece)
            text += f" {sign} {piece}" if text else sign + piece
        return text

    def _product(self, read: Product) -> tuple[str, int]:
        text, level = self._unsigned(read)
        if not read.negative:
            return text, level
        return "-" + (text if level >= PRODUCT else group(text)), SUM

    def _unsigned(self, read: Product) -> tuple[str, int]:
        """A product without its sign."""
        above, below = self._number(read.coefficient)
        if not read.denominator and not below:
            return self._factors(above, read.numerator)
        bottom, _ = self._factors(below, read.denominator)
        count = len(read.numerator) - self._tail_length(read, bool(above))
        head, tail = read.numerator[:count], read.numerator[count:]
        top = self._factors(above, head)[0] if above or head else "1"
        fraction = rf"\frac{{{top}}}{{{bottom}}}"
        if not tail:
            return fraction, SCRIPT
        return juxtapose([fraction, *self._side_by_side(tail)]), PRODUCT

    @staticmethod
    def _tail_length(read: Product, coefficient: bool) -> int:
        """How many last factors of the numerator are too tall for it: sums in other company."""
        if any(isinstance(n, IndexSum) for f in read.denominator for n in walk(f)):
            return 0
        tall = 0
        for factor in reversed(read.numerator):
            if not isinstance(factor, Add | IndexSum | Where):
                break
            tall += 1
        alone = tall == len(read.numerator) == 1 and not coefficient
        return 0 if alone and isinstance(read.numerator[0], Add) else tall

    def _number(self, number: Rational) -> tuple[list[str], list[str]]:
        """The coefficient as factors above and below the line; 1 is no factor."""
        text = decimal(number)
        if text is not None:
            mantissa, _, power = text.partition("e")
            scale = [f"10^{{{int(power)}}}"] if power else []
            return ([] if power and mantissa == "1" else [mantissa]) + scale, []
        above = [] if number.p == 1 else [str(number.p)]
        return above, [] if number.q == 1 else [str(number.q)]

    def _factors(self, numbers: list[str], factors: tuple[Expr, ...]) -> tuple[str, int]:
        if not numbers and len(factors) == 1:
            return self.piece(factors[0])
        if not factors:
            level = ATOM if len(numbers) == 1 and "^" not in numbers[0] else PRODUCT
            return (juxtapose(numbers), level) if numbers else ("1", ATOM)
        return juxtapose(numbers + self._side_by_side(factors)), PRODUCT

    def _side_by_side(self, factors: tuple[Expr, ...]) -> list[str]:
        return [*(self._closed(f) for f in factors[:-1]), self.show(factors[-1], OPEN)]

    def _closed(self, expr: Expr) -> str:
        """A factor that others follow: log y takes parentheses around y, not around log y."""
        if isinstance(expr, Log):
            return r"\log" + group(self.show(expr.args[0]))
        return self.show(expr, SCRIPT)

    def _power(self, expr: Pow) -> tuple[str, int]:
        base, exponent = expr.args
        if exponent == S.Half:
            return rf"\sqrt{{{self.show(base)}}}", SCRIPT
        return f"{self.show(base, ATOM)}^{{{self.exponent(exponent)}}}", SCRIPT

    def exponent(self, expr: Expr) -> str:
        """An exponent: a fraction stands on one line, 3/2."""
        if isinstance(expr, Rational) and not expr.is_Integer and decimal(abs(expr)) is None:
            return f"{expr.p}/{expr.q}"
        return self.show(expr)

    def _exp(self, expr: Expr) -> tuple[str, int]:
        argument = expr.args[0]
        if "e" in self.names.table or self._is_tall(argument):
            return r"\exp" + group(self.show(argument)), SCRIPT
        return f"e^{{{self.show(argument)}}}", SCRIPT

    def _is_tall(self, expr: Expr) -> bool:
        nodes = list(walk(expr))
        tall = (Reduction, Where, Exp)
        fraction = any(product(n).denominator for n in nodes if isinstance(n, Mul | Pow))
        partial = any(isinstance(n, Element) and self.names.is_partial(n.array) for n in nodes)
        return fraction or partial or len(nodes) > 8 or any(isinstance(n, tall) for n in nodes)

    def _log(self, expr: Expr) -> tuple[str, int]:
        argument = expr.args[0]
        text, level = self.piece(argument)
        bare = level == ATOM or isinstance(argument, IndexSum)
        return (rf"\log {text}", OPEN) if bare else (r"\log" + group(text), SCRIPT)

    def _cases(self, expr: Where) -> str:
        condition, u, v = expr.args
        return (
            rf"\begin{{cases}} {self.show(u, SUM)} & \text{{if }} {self._condition(condition)} \\ "
            rf"{self.show(v, SUM)} & \text{{otherwise}} \end{{cases}}"
        )

    def _condition(self, expr: Basic) -> str:
        if isinstance(expr, Relational):
            left, right = (self.show(a, SUM) for a in expr.args)
            return f"{left} {RELATIONS[expr.rel_op]} {right}"
        if isinstance(expr, And | Or):
            joint = r" \land " if isinstance(expr, And) else r" \lor "
            return joint.join(self._operand(a) for a in expr.args)
        if isinstance(expr, Not):
            return rf"\lnot {group(self._condition(expr.args[0]))}"
        raise NotYet(f"{type(expr).__name__} cannot be shown in LaTeX yet")

    def _operand(self, expr: Basic) -> str:
        text = self._condition(expr)
        return group(text) if isinstance(expr, And | Or) else text
