"""Subscripts and the elements that they name, at concrete sizes.

A function that this room makes takes the state of an evaluation and the values of the indices.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sympy import Expr, Mul

from symbackprop.algebra.nodes import (
    Element,
    Gather,
    Index,
    MatrixFunction,
    Position,
    Quotient,
    Remainder,
)
from symbackprop.errors import NotYet
from symbackprop.verify.matrices import whole
from symbackprop.verify.scalars import OutOfDomain

Env = dict[Index, int]


class NoElement(OutOfDomain):
    """A subscript is beyond its axis."""


@lru_cache(maxsize=8192)
def position(u: Expr) -> Callable[[Any, Env], int]:
    """A function that gives the position of a subscript, counted from 0."""
    if isinstance(u, Index):
        return lambda s, env: env[u]
    if isinstance(u, Gather):
        labels = element(u.element)
        return lambda s, env: int(s.scalars.real(labels(s, env)))
    if isinstance(u, Quotient | Remainder):
        inner, size = position(u.args[0]), u.args[1]
        if isinstance(u, Quotient):
            return lambda s, env: inner(s, env) // s.size(size)
        return lambda s, env: inner(s, env) % s.size(size)
    parts = [(position(a), a) for a in u.args if isinstance(a, Index | Position)]
    if u.is_Add:
        terms = [position(a) for a in u.args]
        return lambda s, env: sum(t(s, env) + 1 for t in terms) - 1
    if u.is_Mul and len(parts) == 1:
        ((place, moving),) = parts
        share = Mul(*(a for a in u.args if a != moving))
        return lambda s, env: s.size(share) * (place(s, env) + 1) - 1
    if any(isinstance(a, Index | Position) for a in u.free_symbols):
        raise NotYet(f"verification cannot evaluate the subscript {u}")
    return lambda s, env: s.size(u) - 1


def element(expr: Element) -> Callable[[Any, Env], Any]:
    """A function that looks the element up; raises NoElement beyond the axis."""
    array, places = expr.array, [position(i) for i in expr.indices]

    def node(s: Any, env: Env) -> Any:
        try:
            return s.read(array, tuple([place(s, env) for place in places]))
        except KeyError:  # an index that is free or beyond its axis, in a wrong formula
            raise NoElement(f"{expr} names no element of {array.name}") from None

    return node


def matrix(expr: MatrixFunction) -> Callable[[Any, Env], Any]:
    """A function that gives the function of a matrix, or the element of it."""
    array, lead = expr.argument.array, expr.lead

    def computed(s: Any, stack: tuple[int, ...]) -> Any:
        size, values = range(s.size(array.axes[-1])), s.whole(array)
        rows = [[values[*stack, i, j] for j in size] for i in size]
        return whole(expr, rows, s.scalars)

    def node(s: Any, env: Env) -> Any:
        stack = tuple(env[i] for i in lead)
        found = s.remembered((type(expr), array, stack), lambda: computed(s, stack))
        for i in expr.indices:
            found = found[env[i]]
        return found

    return node
