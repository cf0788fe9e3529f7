"""A concrete n: every axis written out, one vertex and one line for each number.

The messages are those of the symbolic graph, at each place: they hold for every n.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

from sympy import Basic, Expr, S

from symbackprop.algebra.nodes import Array, Element, Gather, Index
from symbackprop.algebra.trees import elements
from symbackprop.calculus.reverse import standing_indices
from symbackprop.errors import NotYet
from symbackprop.graph.diagram import (
    CONSTANT,
    INPUT,
    OPERATION,
    OUTPUT,
    Diagram,
    Line,
    Vertex,
    branched,
    whole,
)
from symbackprop.graph.messages import Messages
from symbackprop.graph.model import Node
from symbackprop.graph.operations import (
    ADD,
    CHOICE,
    DOT,
    LARGEST,
    MATRIX,
    MULTIPLY,
    PRODUCT,
    SAME,
    SUM,
    Operation,
)
from symbackprop.graph.places import placed
from symbackprop.graph.written import MOST, Place, Sizes, count_of, places_of, too_many, written_at


def concrete(messages: Messages, sizes: Sizes) -> Diagram:
    """The diagram with every axis written out at these sizes.

    Raises InputError where that would be more than MOST vertices, NotYet for functions of whole
    matrices and for labels, whose values decide which element is meant.
    """
    unrolled = _Unrolled(messages, sizes)
    unrolled.run()
    return unrolled.diagram()


_HOPELESS = 40 * MOST  # vertices, those that no output needs included, after which it is given up


@dataclass(frozen=True)
class _Source:
    """Where a number comes from: a vertex, or an expression that no derivative goes through."""

    key: Hashable = None
    constant: Expr | None = None


@dataclass
class _Unrolled:
    messages: Messages
    sizes: Sizes
    vertices: dict[Hashable, Vertex] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    sources: dict[tuple[Array, Place], _Source] = field(default_factory=dict)

    def places(self, indices: tuple[Index, ...]) -> Iterator[Place]:
        return places_of(indices, self.sizes)

    def at(self, expr: Basic, indices: tuple[Index, ...], place: Place) -> Expr:
        return written_at(expr, indices, place, self.sizes)

    def run(self) -> None:
        graph = self.messages.graph
        for array in graph.program.inputs:
            indices = standing_indices(array)
            if count_of(indices, self.sizes) > _HOPELESS:
                raise too_many(count_of(indices, self.sizes), "more than ")
            for place in self.places(indices):
                key = (array, place)
                label = self.at(array[indices], indices, place)
                self.vertices[key] = Vertex(key, INPUT, label, array=array)
                self.sources[key] = _Source(key)
        for node in graph.nodes:
            self._check(node)
            for place in self.places(node.indices):
                self._compute(node, place)
                if len(self.vertices) > _HOPELESS:
                    raise too_many(len(self.vertices), "more than ")
        for output in self.messages.backward.program.outputs:
            line = whole(self.messages, self.messages.totals[output], seed=True)
            for place in self.places(line.indices):
                source = self.sources[output, place]
                end = (OUTPUT, output, place)
                label = self.at(output[line.indices], line.indices, place)
                self.vertices[end] = Vertex(end, OUTPUT, label, array=output)
                self._connect(source, end, line.value, line.message, line.indices, place)

    def _check(self, node: Node) -> None:
        if node.operation.kind == MATRIX:
            raise NotYet(
                f"{node.array.name} is a function of a whole matrix; draw it without a concrete n"
            )
        labels = sorted(
            {e.array.name for o in node.operands for g in o.atoms(Gather) for e in elements(g)}
        )
        if labels:
            raise NotYet(
                f"which elements are taken depends on the values of {', '.join(labels)}; draw it "
                "without a concrete n"
            )

    def _compute(self, node: Node, place: Place) -> None:
        """The vertices of one number."""
        operation, key = node.operation, (node.array, place)
        if operation.kind in (SUM, DOT, PRODUCT, LARGEST):
            parts = []
            if count_of(operation.bound, self.sizes) > _HOPELESS:
                raise too_many(count_of(operation.bound, self.sizes), "more than ")
            for inner in self.places(operation.bound):
                if operation.kind == DOT:
                    parts.append(self._factors(node, place, inner))
                else:
                    parts.append((0, (*place, *inner), self._source(node, 0, (*place, *inner))))
            kind = {PRODUCT: MULTIPLY, LARGEST: LARGEST}.get(operation.kind, ADD)
            self.sources[key] = self._vertex(key, Operation(kind), node, parts)
            return
        if operation.kind == CHOICE:
            condition = self.at(operation.condition, node.indices, place)
            if condition in (S.true, S.false):
                chosen = 0 if condition is S.true else 1
                self.sources[key] = self._source(node, chosen, place)
                return
            operation = replace(operation, condition=condition)
        slots = [(n, place, self._source(node, n, place)) for n in range(len(node.operands))]
        if operation.kind == SAME:
            self.sources[key] = slots[0][2]
            return
        self.sources[key] = self._vertex(key, operation, node, slots)

    def _factors(self, node: Node, place: Place, inner: Place) -> tuple[int, Place, _Source]:
        """One product of a contraction; slot -1 stands for it in the sum."""
        at = (*place, *inner)
        factors = [(n, at, self._source(node, n, at)) for n in range(len(node.operands))]
        key = (node.array, place, inner)
        return -1, at, self._vertex(key, Operation(MULTIPLY), node, factors)

    def _source(self, node: Node, slot: int, at: Place) -> _Source:
        operand = self.at(node.operands[slot], node.scope[: len(at)], at)
        if not isinstance(operand, Element):
            return _Source(constant=operand)
        return self.sources[operand.array, tuple(int(i) for i in operand.indices)]

    def _vertex(
        self,
        key: Hashable,
        operation: Operation,
        node: Node,
        operands: list[tuple[int, Place, _Source]],
    ) -> _Source:
        """A vertex with a line from each operand; less where an operand is 0, or 1 as a factor."""
        if operation.kind == MULTIPLY and any(s.constant == 0 for _, _, s in operands):
            return _Source(constant=S.Zero)
        idle = {ADD: S.Zero, MULTIPLY: S.One}.get(operation.kind)
        operands = [o for o in operands if o[2].constant is None or o[2].constant != idle]
        if operation.kind in (ADD, MULTIPLY, LARGEST) and len(operands) < 2:
            return operands[0][2] if operands else _Source(constant=idle)
        self.vertices[key] = Vertex(
            key, OPERATION, operation=operation, array=node.array
        )
        for slot, at, source in operands:
            edge = self.messages.edges.get((node.array, slot))
            scope = node.scope
            if slot < 0:
                value: Expr | None = Operation(MULTIPLY).of(
                    [self.messages.graph.value(o) for o in node.operands]
                )
                total = self.messages.totals.get(node.array)
                message = total.mentioned if total else None
                if message is not None:
                    rows = dict(zip(standing_indices(node.array), node.indices, strict=True))
                    message = placed(message, rows)
            else:
                value = self.messages.graph.value(node.operands[slot])
                message = self.messages.at_place(edge).expr if edge else None
            self._connect(source, key, value, message, scope[: len(at)], at)
        if operation.condition is not None:
            self._connect(_Source(constant=operation.condition), key, None, None, (), ())
        return _Source(key)

    def _connect(
        self,
        source: _Source,
        key: Hashable,
        value: Expr | None,
        message: Expr | None,
        indices: tuple[Index, ...],
        place: Place,
    ) -> None:
        if source.constant is not None:
            start: Hashable = (key, len(self.lines))
            self.vertices[start] = Vertex(start, CONSTANT, source.constant)
            self.lines.append(Line(start, key, (), None, None))
            return
        here = message is not None and self.at(message, indices, place)
        if not isinstance(here, Expr):
            here = None
        is_input = self.vertices[source.key].kind == INPUT
        said = value is None or (is_input and here is None)
        shown = None if said else self.at(value, indices, place)
        self.lines.append(Line(source.key, key, (), shown, here))

    def diagram(self) -> Diagram:
        """What the outputs come from."""
        needed: set[Hashable] = set()
        stack = [v.key for v in self.vertices.values() if v.kind == OUTPUT]
        into: dict[Hashable, list[Line]] = {}
        for line in self.lines:
            into.setdefault(line.end, []).append(line)
        while stack:
            key = stack.pop()
            if key not in needed:
                needed.add(key)
                stack += [line.start for line in into.get(key, ())]
        vertices = tuple(v for v in self.vertices.values() if v.key in needed)
        if len(vertices) > MOST:
            raise too_many(len(vertices))
        lines = [line for line in self.lines if line.end in needed]
        wholes = [w for v in vertices if (w := self._whole(v)) is not None]
        return branched(self.messages.graph.program, vertices, lines, wholes)

    def _whole(self, vertex: Vertex) -> Line | None:
        """The gradient in the number that a vertex stands for, if it has a name."""
        if not (isinstance(vertex.key, tuple) and len(vertex.key) == 2):
            return None
        array, place = vertex.key
        node = self.messages.graph.by_array.get(array)
        total = self.messages.totals.get(array)
        if total is None or (node is not None and not node.named):
            return None
        line = whole(self.messages, total)
        return Line(
            vertex.key, None, (), *(
                None if e is None else self.at(e, line.indices, place)
                for e in (line.value, line.message, line.name)
            )
        )  # fmt: skip
