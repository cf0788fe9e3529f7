"""The operations that a node of a computational graph can be, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Pow, S
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.functions import BY_HEAD
from symbackprop.algebra.nodes import (
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Maximum,
    Minimum,
    Where,
)

ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER = "+", "-", "*", "/", "^"
SUM, LARGEST, PRODUCT, DOT = "sum", "max", "prod", "dot"
CHOICE, LARGER, SMALLER = "where", "maximum", "minimum"
SAME, MATRIX, BOX = "=", "matrix", "box"
OVER_AXES = (SUM, LARGEST, PRODUCT, DOT)


@dataclass(frozen=True)
class Operation:
    """What a node does with its operands.

    kind: one of the constants above, or the head of a function of one argument.
    bound: the indices that a sum, a maximum, a product or a contraction runs over.
    exponent: of a power. condition: of a choice. whole: what a box or a function of a matrix
        computes; its operands are elements of the arrays in it, at indices of their own.
    """

    kind: str
    bound: tuple[Index, ...] = ()
    exponent: Expr = S.One
    condition: Boolean | None = None
    whole: Expr | None = None

    def of(self, operands: Sequence[Expr]) -> Expr:
        """The value, kept as it is written."""
        kind = self.kind
        if kind == ADD:
            return Add(*operands, evaluate=False)
        if kind == SUBTRACT:
            return Add(operands[0], Mul(S.NegativeOne, operands[1], evaluate=False), evaluate=False)
        if kind == MULTIPLY:
            return _times(operands)
        if kind == DIVIDE:
            return Pow(operands[0], S.NegativeOne, evaluate=False)
        if kind == POWER:
            exponent = operands[1] if len(operands) == 2 else self.exponent
            return Pow(operands[0], exponent, evaluate=False)
        if kind in OVER_AXES:
            return _REDUCTIONS[kind](_times(operands), *self.bound)
        if kind == CHOICE:
            return Where(self.condition, *operands)
        if kind in (LARGER, SMALLER):
            return (Maximum if kind == LARGER else Minimum)(*operands)
        if kind in (MATRIX, BOX):
            assert self.whole is not None
            return self.whole
        if kind == SAME:
            return operands[0]
        return BY_HEAD[kind].cls(operands[0], evaluate=False)


_REDUCTIONS: dict[str, type[Expr]] = {
    SUM: IndexSum, DOT: IndexSum, LARGEST: IndexMax, PRODUCT: IndexProduct,
}  # fmt: skip


def _times(factors: Sequence[Expr]) -> Expr:
    """A product in one piece: a product among the factors is opened."""
    flat = [g for f in factors for g in (f.args if isinstance(f, Mul) else (f,))]
    if len(flat) > 1 and flat[0] == Integer(1):
        flat = flat[1:]
    return flat[0] if len(flat) == 1 else Mul(*flat, evaluate=False)
