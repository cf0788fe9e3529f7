"""The route `graph` of a derivation: node by node, the message on each edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import Basic, Expr, Integer

from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum
from symbackprop.algebra.unevaluated import plus, times
from symbackprop.calculus.cases import settled
from symbackprop.calculus.result import Backward
from symbackprop.calculus.reverse import standing_indices
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.page import Block, Chain, Heading, Page, Paragraph, Row, Table, Words
from symbackprop.errors import DerivationError
from symbackprop.graph.build import node_graph
from symbackprop.graph.check import Checker, same_as_derived
from symbackprop.graph.concrete import concrete
from symbackprop.graph.drawn import Sizes, read_sizes
from symbackprop.graph.forms import Form, writer
from symbackprop.graph.labels import sign
from symbackprop.graph.messages import Edge, Messages, Total, gathered
from symbackprop.graph.model import Node
from symbackprop.graph.places import at_sizes, placed, tidied
from symbackprop.graph.rules import BRANCH, rule
from symbackprop.graph.told import Teller
from symbackprop.verify.exact import FALSE, Comparison

At = Mapping[Index, Expr]


def route(derivation: Any, n: Sizes | None = None, *, checks: bool = False) -> Page:
    """How each gradient comes about in the computational graph, from the loss to the inputs.

    derivation: a Derivation, or its backward program. n: a size, or sizes by name, at which
    every axis is written out. checks: say of each message how it was checked.

    Raises InputError for sizes that do not fit, NotYet for what has no graph, DerivationError
    where the messages do not add up to the derived gradient.
    """
    backward = derivation if isinstance(derivation, Backward) else derivation.backward
    messages = Messages(node_graph(backward.program), backward)
    sizes = read_sizes(backward, n) if n is not None else None
    if sizes is not None:
        concrete(messages, sizes)  # refuses what is too long to be read
    return _Route(messages, sizes, Checker(messages) if checks else None).page()


@dataclass(frozen=True)
class _Arrived:
    """A message as it was said: over the node's scope where axes are written out."""

    edge: Edge
    form: Form
    by_place: bool


@dataclass(frozen=True)
class _At:
    """An expression that is at its place already."""

    expr: Expr


@dataclass
class _Route:
    """said: the gradient in each array as the page has it; the next messages are made of it."""

    messages: Messages
    sizes: Mapping[Basic, int] | None
    checker: Checker | None
    said: dict[Array, Form] = field(default_factory=dict)
    arrived: dict[Array, list[_Arrived]] = field(default_factory=dict)

    @cached_property
    def tell(self) -> Teller:
        return Teller(self.messages.backward, self.messages.graph)

    def page(self) -> Page:
        graph, backward = self.messages.graph, self.messages.backward
        blocks: list[Block] = [Heading(Words("the graph")), self._table()]
        blocks.append(Heading(Words("the messages")))
        for node in reversed(graph.nodes):
            if node.array in self.messages.totals:
                blocks += self._node(node)
        for array in backward.wrt:
            blocks += self._input(array)
        return Page(f"{backward.program.name}: computational graph", tuple(blocks))

    def _table(self) -> Table:
        """Each node with its inputs and its value."""
        graph = self.messages.graph
        rows = [
            (sign(n.operation), self.tell.several([graph.value(o) for o in n.operands], n.scope),
             self.tell.value(n))
            for n in graph.nodes
        ]  # fmt: skip
        return Table((Words("node"), Words("inputs"), Words("value")), tuple(rows))

    def _node(self, node: Node) -> Iterator[Block]:
        name = self.tell.formula(self.messages.graph.value(node.element), node.indices)
        places = (("sign", sign(node.operation)), ("value", name))
        yield Heading(Words("{sign} node of {value}", places), 3)
        total = self.messages.totals[node.array]
        yield from self._sum(total)
        slots = [n for n, _ in node.slots]
        edges = [e for n in slots if (e := self.messages.edges.get((node.array, n))) is not None]
        if edges:
            yield Paragraph((rule(node.operation),))
        for edge in edges:
            yield from self._edge(edge, total)

    def _sum(self, total: Total) -> Iterator[Block]:
        """What came to an array, added up where there is more than one message."""
        array, indices = total.array, standing_indices(total.array)
        came = self.arrived.get(array, [])
        parts = [self._whole(a) for a in came]
        if total.seed is not None:
            arrange = self.messages.simplifier.arranger(indices).arrange
            parts.append(Form(total.seed, arrange(total.seed)))
        # Where axes are written out, a fact is used by the next node: sums stay as they came.
        found = parts[0] if len(parts) == 1 else (
            self.messages.added(parts, indices, facts=self.sizes is None)
        )  # fmt: skip
        self.said[array] = found
        if not came:
            yield self.tell.start(total.array[indices], found.expr, indices)
            return
        rows: list[Expr | Form] = [plus(*(p.expr for p in parts)), found, *self._derived(total)]
        exprs = [r.expr if isinstance(r, Form) else r for r in rows]
        verdicts = self.checker.total(array, exprs) if self.checker else None
        chains = []
        for at in self._places(indices):
            terms = [t for a in came for t in self._terms(a, at)]
            terms += [self._at(p.expr, at) for p in parts[len(came) :]]
            if len(terms) > 1:
                sides = [_At(plus(*terms)), *rows[1:]]
                chains.append(self._chain(self._value(array), indices, at, sides, verdicts))
        if chains:
            yield Paragraph((BRANCH,))
            yield from chains

    def _whole(self, message: _Arrived) -> Form:
        """A message as an array like the source."""
        edge, found = message.edge, message.form
        if not message.by_place:
            return found
        operand = edge.node.operands[edge.slot]
        assert isinstance(operand, Element)
        raw = gathered(operand, edge.node.scope, found.poly)
        return self.messages.form(raw, standing_indices(edge.source), facts=False)

    def _terms(self, message: _Arrived, at: At) -> list[Expr]:
        """What one edge adds to one number: several terms where the number goes several ways."""
        edge = message.edge
        if not message.by_place:
            return [self._at(message.form.expr, at)]
        operand = edge.node.operands[edge.slot]
        assert isinstance(operand, Element)
        goal = [at[i] for i in standing_indices(edge.source)]
        places = self._places(edge.node.scope)
        here = [p for p in places if [self._at(i, p) for i in operand.indices] == goal]
        return [t for p in here if (t := self._at(message.form.expr, p)) != 0]

    def _edge(self, edge: Edge, total: Total) -> Iterator[Block]:
        """The message of one edge: the product, without facts, with them."""
        node, graph, messages = edge.node, self.messages.graph, self.messages
        above = total.known if total.adjoint else self.said[node.array].poly
        by_place = self.sizes is not None and edge.local is not None
        if by_place and edge.local is not None:
            indices, operand = node.scope, node.operands[edge.slot]
            raw = messages.product(node, above, edge.local)
        else:
            indices, operand = standing_indices(edge.source), self._element(edge.source)
            raw = messages.whole(node, edge.slot, above, edge.local)
        found = messages.form(raw, indices)
        self.arrived.setdefault(edge.source, []).append(_Arrived(edge, found, by_place))
        bare = messages.form(raw, indices, facts=False)
        source = messages.totals[edge.source]
        rows: list[Expr | Form] = [self._product(edge, total, by_place) or bare.expr, bare, found]
        alone = len(source.edges) == 1 and source.seed is None
        exprs = [r.expr if isinstance(r, Form) else r for r in rows]
        verdicts = None
        if self.checker:
            verdicts = self.checker.edge(edge, exprs, by_place=by_place)
        for at in self._places(indices):
            if by_place:
                once = alone and len(self._terms(self.arrived[edge.source][-1], {
                    i: self._at(u, at) for i, u in zip(
                        standing_indices(edge.source), operand.indices, strict=True)
                })) < 2  # fmt: skip
                last = self._derived(source, operand) if once else []
            else:
                once, last = alone, self._derived(source) if alone else []
            way = None if once else self._way(edge, at, by_place)
            sides = [*rows, *last]
            yield self._chain(graph.value(operand), indices, at, sides, verdicts, way)

    def _way(self, edge: Edge, at: At, by_place: bool) -> tuple[Expr, tuple[Index, ...]]:
        """The value of the node that a message comes through, in the message's own indices."""
        node, standing = edge.node, standing_indices(edge.source)
        value = self.messages.graph.value(node.element)
        if by_place or edge.local is None:
            return self._at(value, at), node.indices
        operand = node.operands[edge.slot]
        assert isinstance(operand, Element)
        own = {i: k for i, k in zip(operand.indices, standing, strict=True) if i in node.scope}
        rest = tuple(i for i in node.indices if i not in own)
        return placed(value, own), (*standing, *rest)

    def _element(self, array: Array) -> Element:
        return array[standing_indices(array)]

    def _value(self, array: Array) -> Expr:
        return self.messages.graph.value(self._element(array))

    def _derived(self, total: Total, element: Element | None = None) -> list[Expr | Form]:
        """The derivation's own form of a whole gradient, where it has one."""
        step = total.adjoint
        if step is None:
            return []
        rows = () if element is None else element.indices
        return [placed(step.expr, dict(zip(standing_indices(total.array), rows, strict=False)))]

    def _product(self, edge: Edge, total: Total, by_place: bool) -> Expr | None:
        """The message above times the derivative of the node, as the rule writes it."""
        node = edge.node
        if edge.local is None:
            return None
        above = total.adjoint.element if total.adjoint else self.said[node.array].expr
        rows = dict(zip(standing_indices(node.array), node.indices, strict=True))
        write = writer(self.messages.graph, self.messages.simplifier, node.scope).write
        product = times(placed(above, rows), write(edge.local))
        if by_place:
            return product
        operand, standing = node.operands[edge.slot], standing_indices(edge.source)
        assert isinstance(operand, Element)
        subscripts = operand.indices
        sizes = [getattr(u, "size", None) for u in subscripts]
        plain = len(set(subscripts)) == len(subscripts) and set(subscripts) <= set(node.scope)
        if plain and sizes == [k.size for k in standing]:
            missing = [i for i in node.scope if i not in subscripts]
            product = placed(product, dict(zip(subscripts, standing, strict=True)))
            return IndexSum(product, *missing)
        deltas = (Delta(u, k) for u, k in zip(subscripts, standing, strict=True))
        return IndexSum(times(product, *deltas), *node.scope)

    def _chain(
        self,
        value: Expr,
        indices: tuple[Index, ...],
        at: At,
        sides: Sequence[Expr | Form | _At],
        verdicts: Sequence[Comparison] | None,
        way: tuple[Expr, tuple[Index, ...]] | None = None,
    ) -> Chain:
        """∂L/∂value = side = …; those that look like the one above are left out.

        verdicts: of the sides, as far as there are any.
        """
        free = indices if self.sizes is None else ()
        rows: list[Row] = []
        last: Expr | None = None
        told = [self.tell.verdict(v) for v in verdicts or ()]
        for n, side in enumerate(sides):
            shown = self._side(side, at, first=n == 0)
            right = self.tell.formula(shown, free)
            verdict = told[n] if n < len(told) else None
            if last is not None and self.tell.same(last, shown, free):
                rows[-1] = Row(right, rows[-1].reasons, rows[-1].verdict)
                continue
            last = shown
            reasons = self.tell.reasons(side, self.sizes) if isinstance(side, Form) and rows else ()
            before = rows[-1].reasons if rows else ()
            rows.append(Row(right, tuple(r for r in reasons if r not in before), verdict))
        left = self.tell.gradient(self._at(value, at), free, way and (
            way[0], way[1] if self.sizes is None else ()))  # fmt: skip
        return Chain(left, tuple(rows))

    def _side(self, side: Expr | Form | _At, at: At, *, first: bool) -> Expr:
        """One side of an equation at one place; the first one is not put in order."""
        if isinstance(side, _At):
            return side.expr
        expr = side.expr if isinstance(side, Form) else side
        if first and self.sizes is not None:
            return tidied(at_sizes(placed(expr, at), self.sizes, sums=True))
        return self._at(expr, at)

    def _input(self, array: Array) -> Iterator[Block]:
        """The gradient in an input, with the derivation's own form at the end."""
        total, indices = self.messages.totals[array], standing_indices(array)
        step = total.adjoint
        assert step is not None
        comparison = same_as_derived(self.messages, step)
        if comparison.verdict == FALSE:
            raise DerivationError(
                f"the messages that come to {array.name} do not add up to the derived gradient "
                f"({comparison.reason}); please report this forward pass"
            )
        name = self.tell.formula(array[indices], indices)
        yield Heading(Words("gradient in {input}", (("input", name),)), 3)
        yield from self._sum(total)
        reason, verdict = (Words("as derived"),), self.tell.verdict(comparison)
        if self.sizes is None:
            shown = lettered_backward(self.messages.backward).step(array)
            left, right = self.tell.printed(shown)
            yield Chain(left, (Row(right, reason, verdict),))
            return
        for at in self._places(indices):
            left = self.tell.gradient(self._at(array[indices], at), ())
            right = self.tell.formula(self._at(step.expr, at))
            yield Chain(left, (Row(right, reason, verdict),))

    def _places(self, indices: tuple[Index, ...]) -> Sequence[At]:
        """Every place of these indices, or one that stands for all where sizes are symbols."""
        found: list[dict[Index, Expr]] = [{}]
        if self.sizes is not None:
            for i in indices:
                count = int(i.size.xreplace(dict(self.sizes)))
                found = [{**at, i: Integer(k)} for at in found for k in range(1, count + 1)]
        return found

    def _at(self, expr: Basic, at: At) -> Expr:
        if self.sizes is None:
            return expr
        return settled(at_sizes(placed(expr, at), self.sizes, sums=True))
