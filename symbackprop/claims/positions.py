"""Subscripts as integer expressions, counted from 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Add, Expr, Integer, Mul

from symbackprop.algebra.nodes import Array, Element
from symbackprop.algebra.subscripts import (
    Gather,
    Quotient,
    Remainder,
    at_least,
    canonical,
    indices_of,
    is_position,
)
from symbackprop.claims import syntax as s
from symbackprop.claims.ranges import Scope
from symbackprop.claims.resolved import Letter, Named
from symbackprop.errors import Refused


class Positions:
    """Reads the subscripts of one claim. labels: the inputs that may be subscripts themselves."""

    def __init__(
        self, labels: Mapping[Array, tuple[Expr, ...]],
        refused: Callable[[str, s.Node], Refused],
    ) -> None:  # fmt: skip
        self.labels, self.refused = labels, refused

    def within(self, place: s.Node, size: Expr, scope: Scope) -> Expr:
        found = self.of(place, scope, size)
        if not indices_of(found) and at_least(size, found) is False:
            raise self.refused(f"there is no element {found} on an axis of size {size}", place)
        return found

    def of(self, node: s.Node, scope: Scope, size: Expr | None = None) -> Expr:
        """A subscript, counted from 1. size: of the axis that it is for."""
        if isinstance(node, Letter):
            slot = scope.get(node.name)
            if slot is None or slot.index is None:
                raise self.refused(f"the index {node.name} is bound by no sum here", node)
            return slot.index
        if isinstance(node, s.Literal):
            return Integer(int(node.value))
        if isinstance(node, Named):
            return node.value.value.at(())
        if isinstance(node, s.Subscripted):
            return self._gathered(node, scope, size)
        if isinstance(node, s.Signed):
            terms = (sign * self.of(t, scope, size) for sign, t in node.terms)
            return canonical(Add(*terms))
        if isinstance(node, s.Factors) and set(node.signs) <= {"", "*"}:
            return canonical(Mul(*(self.of(i, scope, size) for i in node.items)))
        if isinstance(node, s.Factors) and node.signs == ("%",):
            inner, block = (self.of(i, scope, size) for i in node.items)
            return canonical(Remainder(canonical(inner + 1), block) - 1)
        if isinstance(node, s.Group) and node.delimiter == "ceil":
            inner, block = (self.of(i, scope, size) for i in node.items)
            return canonical(Quotient(inner, block))
        if isinstance(node, s.Group):
            return self.of(node.items[0], scope, size)
        raise self.refused("a subscript is an index, a number, or a sum of such", node)

    def _gathered(self, node: s.Subscripted, scope: Scope, size: Expr | None) -> Expr:
        """t_n as a position: of an input that holds labels."""
        base = node.base
        if not isinstance(base, Named) or base.value.value.array not in self.labels:
            raise self.refused("only an input of labels can be a subscript", node)
        array: Array = base.value.value.array
        sizes = self.labels[array]
        own = size if size is not None else sizes[0]
        pairs = zip(node.places, array.axes, strict=True)
        return Gather(array[tuple(self.within(p, n, scope) for p, n in pairs)], own)

    def in_delta(self, place: s.Node, other: s.Node, scope: Scope) -> Expr:
        size = None
        if isinstance(other, Letter):
            slot = scope.get(other.name)
            size = slot.size if slot else None
        return self.of(place, scope, size)

    def compared(self, u: Expr, v: Expr) -> tuple[Expr, Expr]:
        """A label that is compared with an index counts from 1 as it does."""
        for one, two in ((u, v), (v, u)):
            if isinstance(one, Element) and one.array in self.labels and is_position(two):
                gathered = Gather(one, self.labels[one.array][0])
                return (gathered, v) if one is u else (u, gathered)
        return u, v
