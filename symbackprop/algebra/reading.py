"""How a tree is read aloud: the signed terms of a sum, the fraction that a product is.

Both readable emitters print from these, so they agree on what stands where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sympy import Add, And, Equality, Expr, Float, Mul, Pow, Rational, S

from symbackprop.algebra.nodes import IndexMax, IndexMin, IndexProduct, Where


@dataclass(frozen=True)
class Product:
    """± coefficient · numerator / denominator; the coefficient is not negative."""

    negative: bool
    coefficient: Rational
    numerator: tuple[Expr, ...]
    denominator: tuple[Expr, ...]

    @property
    def is_plain(self) -> bool:
        """Whether the product is one factor alone: no sign, coefficient or denominator."""
        return (
            not self.negative
            and self.coefficient == 1
            and len(self.numerator) == 1
            and not self.denominator
        )


def product(expr: Expr) -> Product:
    """Read an expression as a fraction: numbers together, the other factors in their order."""
    coefficient: Rational = S.One
    above: list[Expr] = []
    below: list[Expr] = []
    for base, power in _factors(expr, 1):
        if base.is_Rational and (power == 1 or (power == -1 and base != 0)):
            coefficient = coefficient * base**power
        elif power < 0:
            below.append(base if power == -1 else Pow(base, -power, evaluate=False))
        else:
            above.append(base if power == 1 else Pow(base, power, evaluate=False))
    return Product(coefficient < 0, abs(coefficient), tuple(above), tuple(below))


def _factors(expr: Expr, power: Rational | int) -> Iterator[tuple[Expr, Rational | int]]:
    """The factors of expr**power (power ±1 at products), none of them a product."""
    if isinstance(expr, Float):
        expr = Rational(str(expr))
    if isinstance(expr, IndexMax) and power % 2 == 1 and (body := _opposite(expr.body)):
        yield from ((S.NegativeOne, 1), (IndexMin(body, *expr.bound), power))
        return
    if isinstance(expr, Mul) and power in (1, -1):
        for factor in expr.args:
            yield from _factors(factor, power)
    elif isinstance(expr, Pow) and expr.exp.is_Rational and power in (1, -1):
        yield from _factors(expr.base, expr.exp * power)
    else:
        yield expr, power


def without_one(expr: IndexProduct) -> tuple[tuple[Expr, ...], Expr] | None:
    """Π_j (1 if j = k else u_j) as Π_{j ≠ k} u_j: k, and u; None for others."""
    if not isinstance(expr.body, Where) or expr.body.args[1] != 1:
        return None
    condition, _, body = expr.body.args
    equations = condition.args if isinstance(condition, And) else (condition,)
    sides = {e.args[e.args[1] in expr.bound]: e for e in equations if isinstance(e, Equality)}
    if set(sides) != set(expr.bound) or len(equations) != len(expr.bound):
        return None
    others = tuple(next(a for a in sides[b].args if a != b) for b in expr.bound)
    return others, body


def _opposite(expr: Expr) -> Expr | None:
    """-expr where every term has a minus sign: max(-x) is -min(x)."""
    if not all(term.negative for term in terms(expr)):
        return None
    negated = [Mul(S.NegativeOne, term, evaluate=False) for term in _addends(expr)]
    return negated[0] if len(negated) == 1 else Add(*negated, evaluate=False)


def terms(expr: Expr) -> list[Product]:
    """The signed terms of a sum in their order, but for a positive one in front if there is one."""
    found = [product(term) for term in _addends(expr)]
    lead = next((i for i, term in enumerate(found) if not term.negative), 0)
    return [found[lead], *found[:lead], *found[lead + 1 :]]


def _addends(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Add):
        for term in expr.args:
            yield from _addends(term)
    else:
        yield expr


def decimal(number: Rational) -> str | None:
    """A fraction that people write as a decimal (0.01, 1.1, 2.5e-7), or None (1/2, 1/3).

    number: not negative. The text is exact.
    """
    p, q = int(number.p), int(number.q)
    rest = q
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or q % 10 or q == 1:
        return None
    digits, places = p, 0
    while Fraction(digits, 10**places) != Fraction(p, q):
        places += 1
        digits = p * 10**places // q
    if places <= 6 or p * 1000 >= q:
        text = str(digits).rjust(places + 1, "0")
        return f"{text[:-places]}.{text[-places:]}"
    figures = str(digits)
    mantissa = figures[0] + ("." + figures[1:] if figures[1:] else "")
    exponent = places - len(figures) + 1
    return f"{mantissa}e-{exponent:02d}" if exponent else mantissa
