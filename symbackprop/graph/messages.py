"""Backpropagation through a graph: the message on each edge, by the rule of the node it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import Expr

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.nodes import Array, Element, Index, fresh_index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import ONE, Poly, add, atom
from symbackprop.algebra.positions import equal_positions
from symbackprop.algebra.sums import rename, sum_over
from symbackprop.algebra.unevaluated import plus, rebuilt
from symbackprop.calculus.differentiate import differentiate
from symbackprop.calculus.result import Adjoint, Backward
from symbackprop.calculus.reverse import chain_rule, standing_indices
from symbackprop.calculus.simplify import Simplifier
from symbackprop.graph.forms import Form, form
from symbackprop.graph.model import Graph, Node
from symbackprop.graph.operations import BOX, MATRIX
from symbackprop.graph.places import placed


@dataclass(frozen=True)
class Edge:
    """From a value to a node that uses it, and the message that comes back.

    slot: which operand of the node it is. local: the derivative of the node in that operand, over
        `node.scope`; None for a box. message: over the source's standing indices, summed over
        those of the node that it lacks.
    """

    source: Array
    node: Node
    slot: int
    local: Poly | None
    message: Form

    @property
    def message_indices(self) -> tuple[Index, ...]:
        """The free indices of the message."""
        return standing_indices(self.source)


@dataclass(frozen=True)
class Total:
    """The gradient in one array: the sum of the messages on the edges that leave it.

    seed: the upstream gradient that comes from outside, of an output; None for another array.
    adjoint: the step of the derivation that has a name for it, which messages further on mention.
    """

    array: Array
    edges: tuple[Edge, ...]
    seed: Poly | None
    form: Form
    adjoint: Adjoint | None

    @property
    def indices(self) -> tuple[Index, ...]:
        """The free indices of the gradient."""
        return standing_indices(self.array)

    @property
    def known(self) -> Poly:
        """The gradient as the next messages are made of it."""
        return atom(self.adjoint.element) if self.adjoint else self.form.poly

    @property
    def mentioned(self) -> Expr:
        """The same as an expression."""
        return self.adjoint.element if self.adjoint else self.form.expr


class Messages:
    """All messages of a graph, computed when they are asked for.

    backward: the derivation; the gradients that it has names for keep them.
    """

    def __init__(self, graph: Graph, backward: Backward) -> None:
        self.graph = graph
        self.backward = backward
        self.simplifier = Simplifier(graph.program)
        equations = [a for a in graph.program.assumptions if a.kind == "=="]
        rest = tuple(a for a in graph.program.assumptions if a.kind != "==")
        plain = replace(graph.program, assumptions=rest)
        self.without_facts = Simplifier(plain) if equations else self.simplifier
        self._at_place: dict[tuple[Array, int], Form] = {}

    @cached_property
    def active(self) -> frozenset[Array]:
        """The arrays that depend on the inputs asked for, and those inputs."""
        found = set(self.backward.wrt)
        for node in self.graph.nodes:
            if any(o.array in found for _, o in node.slots):
                found.add(node.array)
        return frozenset(found)

    @cached_property
    def totals(self) -> Mapping[Array, Total]:
        """The gradient in each array, the outputs first."""
        program, totals = self.graph.program, dict[Array, Total]()
        steps = {s.of: s for s in self.backward.steps}
        seeds = {
            output: ONE if u is None else atom(u[standing_indices(output)])
            for output, u in zip(program.outputs, self.backward.upstream, strict=True)
        }
        leaving: dict[Array, list[Edge]] = {}
        arrays = [n.array for n in reversed(self.graph.nodes)]
        for array in (*arrays, *reversed(self.backward.wrt)):
            edges, seed = leaving.get(array, []), seeds.get(array)
            if array not in self.active or not (edges or seed):
                continue
            total = self._total(array, tuple(edges), seed, steps.get(array))
            totals[array] = total
            node = self.graph.by_array.get(array)
            for edge in self._edges(node, total) if node else ():
                leaving.setdefault(edge.source, []).append(edge)
        return totals

    @cached_property
    def edges(self) -> Mapping[tuple[Array, int], Edge]:
        """The edges that carry messages, by the array of the node and the place of the operand."""
        return {(e.node.array, e.slot): e for t in self.totals.values() for e in t.edges}

    def _total(
        self, array: Array, edges: tuple[Edge, ...], seed: Poly | None, step: Adjoint | None
    ) -> Total:
        indices = standing_indices(array)
        if len(edges) == 1 and seed is None:
            found = edges[0].message
        else:
            parts = [e.message for e in edges]
            if seed:
                parts.append(Form(seed, self.simplifier.arranger(indices).arrange(seed)))
            found = self.added(parts, indices)
        is_seed = seed is not None and not edges
        return Total(array, edges, seed, found, None if is_seed else step)

    def _edges(self, node: Node, total: Total) -> list[Edge]:
        found = []
        for slot, operand in node.slots:
            if operand.array not in self.active:
                continue
            is_whole = node.operation.kind in (BOX, MATRIX)
            local = None if is_whole else local_derivative(self.graph, node, slot)
            raw = self.whole(node, slot, total.known, local)
            message = self.form(raw, standing_indices(operand.array))
            found.append(Edge(operand.array, node, slot, local, message))
        return found

    def whole(self, node: Node, slot: int, known: Poly, local: Poly | None) -> Poly:
        """The message to an operand as an array, as the rule gives it."""
        operand = node.operands[slot]
        assert isinstance(operand, Element)
        if local is None:
            return chain_rule(self.simplifier, operand.array, node.array, known)
        return gathered(operand, node.scope, self.product(node, known, local))

    def product(self, node: Node, known: Poly, local: Poly) -> Poly:
        """The gradient in a node's value times the node's derivative, at one place of the node."""
        rows = dict(zip(standing_indices(node.array), node.indices, strict=True))
        return rename(known, rows) * local

    def at_place(self, edge: Edge) -> Form:
        """The message at one place of the node: not yet summed over what the source lacks."""
        assert edge.local is not None
        key = edge.node.array, edge.slot
        if key not in self._at_place:
            known = self.totals[edge.node.array].known
            raw = self.product(edge.node, known, edge.local)
            self._at_place[key] = self.form(raw, edge.node.scope)
        return self._at_place[key]

    def form(self, raw: Poly, indices: tuple[Index, ...], *, facts: bool = True) -> Form:
        """A message simplified. facts: whether what is declared may be used."""
        simplifier = self.simplifier if facts else self.without_facts
        return form(self.graph, simplifier, raw, indices)

    def added(
        self, parts: Sequence[Form], indices: tuple[Index, ...], *, facts: bool = True
    ) -> Form:
        """The sum of messages, simplified where that makes it shorter."""
        simplifier = self.simplifier if facts else self.without_facts
        raw, written = add(p.poly for p in parts), plus(*(p.expr for p in parts))
        return form(self.graph, simplifier, raw, indices, written if len(parts) > 1 else None)


def local_derivative(graph: Graph, node: Node, slot: int) -> Poly:
    """∂(node at its indices)/∂(operand at the same place), over `node.scope`."""
    scope = node.scope
    stand_in = Array("\u00b7operand", tuple(i.size for i in scope))
    values = [graph.value(o) for o in node.operands]
    given = [stand_in[scope] if n == slot else v for n, v in enumerate(values)]
    at = tuple(fresh_index(i.size) for i in scope)
    slope = differentiate(normal(node.operation.of(given)), stand_in, at)
    slope = rename(slope, dict(zip(at, scope, strict=True)))
    # By trees: a normal form keeps both sides of [u = max u] as they are.
    written = Arranger(lambda _: 0, quick=True).arrange(slope)
    return normal(_put(written, stand_in, scope, values[slot]))


def _put(expr: Expr, stand_in: Array, scope: tuple[Index, ...], value: Expr) -> Expr:
    """The expression with the operand's value where its stand-in is."""
    if isinstance(expr, Element) and expr.array == stand_in:
        return placed(value, dict(zip(scope, expr.indices, strict=True)))
    if not expr.args or isinstance(expr, Element | Index | Array) or not expr.has(stand_in):
        return expr
    return rebuilt(expr, [_put(a, stand_in, scope, value) for a in expr.args])


def gathered(operand: Element, scope: tuple[Index, ...], p: Poly) -> Poly:
    """Σ over the scope of what goes to each element: dx_k = Σ_j m_j [the operand at j is x_k]."""
    for u, k in zip(operand.indices, standing_indices(operand.array), strict=True):
        p = p * equal_positions(u, k)
    return sum_over(p, scope)
