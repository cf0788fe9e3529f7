"""What a reader must know of a backward program besides its formulas: the subgradients taken."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from sympy import Abs, Basic, Eq, Expr, Mul, Rational, Symbol, sign
from sympy.core.relational import Equality, GreaterThan, LessThan, Relational

from symbackprop.algebra.nodes import Array, Element, IndexMax, Iverson, Where
from symbackprop.algebra.trees import compares_values, walk
from symbackprop.calculus.result import Adjoint, Note, Tangent
from symbackprop.messages import message

GRADIENT = message("gradient in {names}")
DERIVATIVE = message("derivative of {names}")
RATE = message("rate of change of {names}")


def notes(steps: Iterable[Adjoint | Tangent], what: str = GRADIENT) -> tuple[Note, ...]:
    """One line for each kind of kink that a step steps over, with the arrays concerned.

    what: says what a step is.
    """
    found: dict[Note, dict[Array, None]] = {}
    for step in steps:
        for node in walk(step.expr):
            note = _note(node)
            if note:
                found.setdefault(note, {})[step.of] = None
    return tuple(
        Note(message("{note} ({where})"), note=note, where=Note(what, names=tuple(arrays)))
        for note, arrays in found.items()
    )


def _note(node: Basic) -> Note | None:
    if isinstance(node, sign):
        u = _named(node.args[0]) if isinstance(node.args[0], Element) else Symbol("u")
        return Note(message("{size} has a kink at {zero}: the subgradient 0 is used there"),
                    size=Abs(u, evaluate=False), zero=_related(Eq, u, Rational(0)))  # fmt: skip
    if not isinstance(node, Iverson | Where):
        return None
    relations = sorted((r for r in node.args[0].atoms(Relational) if compares_values(r)),
                       key=str)
    for r in relations:
        if isinstance(r, Equality) and r.has(IndexMax):
            if any(isinstance(side, Mul) and side.args[0] == -1 for side in r.args):
                return Note(message(
                    "where several elements are the smallest, they share the gradient equally"
                ))  # fmt: skip
            return Note(message(
                "where several elements are the largest, they share the gradient equally"
            ))  # fmt: skip
    ties = [_tie(r) for r in relations]
    return reduce(_both, ties) if ties else None


def _both(first: Note, second: Note) -> Note:
    return Note(message("{first}; {second}"), first=first, second=second)


def _tie(r: Relational) -> Note:
    value = Rational(int(isinstance(r, Equality | GreaterThan | LessThan)))
    if not all(isinstance(side, Element | Rational) for side in r.args):
        return Note(message(
            "where two compared values are equal, the bracket that compares them is {value}"
        ), value=value)  # fmt: skip
    left, right = _named(r.lhs), _named(r.rhs)
    return Note(
        message("at {tie} the subgradient with {bracket} is used"),
        tie=_related(Eq, left, right),
        bracket=_related(Eq, Iverson(_related(r.func, left, right)), value),
    )


def _related(relation: Any, left: Expr, right: Expr) -> Relational:
    made: Relational = relation(left, right, evaluate=False)
    return made


def _named(expr: Expr) -> Expr:
    """An element by its array, a number by itself."""
    return expr.array if isinstance(expr, Element) else expr
