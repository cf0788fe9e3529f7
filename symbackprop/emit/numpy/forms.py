"""Expressions written in other forms: the walk over an expression, and what was written how."""

from __future__ import annotations

from typing import NamedTuple

from sympy import Add, Basic, Expr, S

from symbackprop.algebra.nodes import Array, Delta, Element, Index
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import canonical, minus, times


class Told(NamedTuple):
    """A form, and what is told of it in place of the expression and the form."""

    form: Expr
    pairs: dict[Expr, Expr]


class Forms:
    """Writes the parts of expressions that have another form in it.

    written: each expression that was written in another form, and that form.
    """

    def __init__(self) -> None:
        self.written: dict[Expr, Expr] = {}

    def of(self, expr: Basic) -> Expr:
        """The expression with all its parts so; the outermost part that has a form, first."""
        if isinstance(expr, Element | Array | Index | Delta) or not expr.args:
            return expr
        found = self.form(expr)
        if isinstance(found, Told):
            self.written |= found.pairs
            return found.form
        if found is not None:
            self.written[expr] = found
            return found
        arguments = tuple(self.of(a) for a in expr.args)
        return expr if arguments == expr.args else rebuilt(expr, arguments)

    def form(self, expr: Basic) -> Expr | Told | None:
        """The other form of an expression, or None for one that has none."""
        raise NotImplementedError


def equal(u: Basic, v: Basic) -> bool:
    """Whether u - v is 0 by its form, whatever the names of bound indices."""
    return bool(minus(canonical(u), canonical(v)) == 0)


def less(first: Expr, *others: Expr) -> Expr:
    """The first less the others, in this order; 1 - 1 is 0."""
    kept = [first, *(times(S.NegativeOne, p) for p in others)]
    if all(p.is_Number for p in kept):
        return sum(kept, S.Zero)
    kept = [p for p in kept if p != 0]
    return kept[0] if len(kept) == 1 else Add(*kept, evaluate=False)
