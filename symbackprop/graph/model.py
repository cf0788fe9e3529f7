"""A computational graph: nodes of one operation each, every value an array with free indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr

from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Atom
from symbackprop.algebra.program import Program
from symbackprop.graph.operations import Operation
from symbackprop.graph.places import placed


@dataclass(frozen=True)
class Node:
    """`array[indices] = operation(operands)`.

    operands: elements of arrays that come earlier, over `indices` and the operation's bound
        indices; what no derivative goes through, such as a number, is an expression as it stands.
    named: whether the array has a name that readers see; the value of another node is written as
        an expression in such names.
    """

    array: Array
    indices: tuple[Index, ...]
    operation: Operation
    operands: tuple[Expr, ...]
    named: bool = False

    @property
    def element(self) -> Element:
        return self.array[self.indices]

    @property
    def expr(self) -> Expr:
        """The operation on the operands."""
        return self.operation.of(self.operands)

    @property
    def scope(self) -> tuple[Index, ...]:
        """The indices over which the operands stand."""
        return (*self.indices, *self.operation.bound)

    @property
    def slots(self) -> tuple[tuple[int, Element], ...]:
        """The operands that are elements of arrays, with their places."""
        return tuple((n, o) for n, o in enumerate(self.operands) if isinstance(o, Element))


@dataclass(frozen=True)
class Graph:
    """All nodes in the order of computation.

    program: the same forward pass as definitions of the arrays that have names. It has names that
        the derivation does not have, such as S for a sum of exponentials. own: the arrays that the
        derivation has.
    """

    program: Program
    nodes: tuple[Node, ...]
    own: frozenset[Array]

    @cached_property
    def by_array(self) -> Mapping[Array, Node]:
        """The node that computes each array; inputs have none."""
        return {n.array: n for n in self.nodes}

    def value(self, element: Expr) -> Expr:
        """An element as readers see it: itself, or the expression of a value without a name."""
        if not isinstance(element, Element):
            return element
        node = self.by_array.get(element.array)
        if node is None or node.named:
            return element
        place = dict(zip(node.indices, element.indices, strict=True))
        return placed(self.spelled(node), place)

    def spelled(self, node: Node) -> Expr:
        """What a node computes, in the names that readers see."""
        found = self._spelled.get(node.array)
        if found is None:
            found = node.operation.of([self.value(o) for o in node.operands])
            self._spelled[node.array] = found
        return found

    @cached_property
    def made(self) -> frozenset[Array]:
        """The arrays without which the derivation does: those that got names here."""
        return frozenset(n.array for n in self.nodes if n.named) - self.own

    @cached_property
    def exps(self) -> tuple[Atom, ...]:
        """The exponentials among the values, as atoms of normal forms."""
        values = (normal(self.spelled(n)).single() for n in self.nodes if n.operation.kind == "exp")
        return tuple(
            a for value in values if value and len(value[0]) == 1 for a, e in value[0] if e == 1
        )

    @cached_property
    def _spelled(self) -> dict[Array, Expr]:
        return {}
