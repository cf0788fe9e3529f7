"""A concrete n: every axis written out, one vertex and one line for each number.

The messages are those of the symbolic graph, at each place: they hold for every n.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from sympy import Basic, Expr, Integer, S

from symbackprop.algebra.nodes import Array, Element, Gather, Index
from symbackprop.calculus.reverse import standing_indices
from symbackprop.emit.cases import settled
from symbackprop.errors import InputError, NotYet
from symbackprop.graph.diagram import (
    BRANCH,
    CONSTANT,
    INPUT,
    OPERATION,
    OUTPUT,
    Diagram,
    Line,
    Vertex,
    branched,
    free_of,
    whole,
)
from symbackprop.graph.forms import length
from symbackprop.graph.messages import Messages, Total
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
from symbackprop.graph.places import at_sizes, placed

MOST = 150  # vertices that a reader can take in
SHORT = 6  # the length up to which sums are written out on a line
Sizes = Mapping[Basic, int]
Place = tuple[int, ...]


def concrete(messages: Messages, sizes: Sizes) -> Diagram:
    """The diagram with every axis written out at these sizes.

    Raises InputError where that would be more than MOST vertices, NotYet for functions of whole
    matrices and for labels, whose values decide which element is meant.
    """
    unrolled = _Unrolled(messages, sizes)
    unrolled.run()
    return unrolled.diagram()


def known(total: Total) -> Expr:
    """The gradient as messages further on mention it: its name, or what it is."""
    return total.adjoint.element if total.adjoint else total.form.final.expr


def _too_many(count: int, about: str = "", what: str = "nodes") -> InputError:
    return InputError(
        f"written out, the graph has {about}{count} {what}, too many to read (the most is {MOST}); "
        "give smaller sizes, or draw it without a concrete n"
    )


def components(diagram: Diagram, sizes: Sizes) -> Diagram:
    """The diagram of layers with a line for each number; the boxes stay whole.

    Raises InputError where that would be more than MOST lines.
    """
    boxes = {v.key for v in diagram.vertices if v.kind == OPERATION}

    def part(key: Hashable, place: Place) -> Hashable:
        return key if key in boxes else (key, place)

    vertices: list[Vertex] = []
    lines = [
        _line_at(line, place, sizes, part(line.start, place), part(line.end, place))
        for line in diagram.lines for place in _places(line.indices, sizes)
    ]  # fmt: skip
    if len(lines) > MOST:
        raise _too_many(len(lines), what="lines")
    for vertex in diagram.vertices:
        if vertex.key in boxes:
            vertices.append(vertex)
        elif vertex.kind == BRANCH:
            ends = dict.fromkeys(e.end for e in lines if e.end == (vertex.key, ()) or (
                isinstance(e.end, tuple) and e.end[0] == vertex.key))
            vertices += [Vertex(end, BRANCH) for end in ends]
        else:
            indices = free_of(vertex)
            for place in _places(indices, sizes):
                label = _at(vertex.label, indices, place, sizes)  # type: ignore[arg-type]
                vertices.append(replace(vertex, key=(vertex.key, place), label=label))
    return Diagram(diagram.program, tuple(vertices), tuple(lines))


def _line_at(line: Line, place: Place, sizes: Sizes, start: Hashable, end: Hashable) -> Line:
    shown = (
        None if e is None else _at(e, line.indices, place, sizes)
        for e in (line.value, line.message, line.name)
    )
    return Line(start, end, (), *shown)


def _places(indices: tuple[Index, ...], sizes: Sizes) -> Iterator[Place]:
    """All places of an array with these indices, counted from 1."""
    return product(*(range(1, int(i.size.xreplace(dict(sizes))) + 1) for i in indices))


def _at(expr: Basic, indices: tuple[Index, ...], place: Place, sizes: Sizes) -> Expr:
    """An expression at one place."""
    mapping = dict(zip(indices, map(Integer, place), strict=True))
    here = placed(expr, mapping)
    written = settled(at_sizes(here, sizes, sums=True))
    return written if length(written) <= SHORT else settled(at_sizes(here, sizes))


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
        return _places(indices, self.sizes)

    def at(self, expr: Basic, indices: tuple[Index, ...], place: Place) -> Expr:
        return _at(expr, indices, place, self.sizes)

    def run(self) -> None:
        graph = self.messages.graph
        for array in graph.program.inputs:
            indices = standing_indices(array)
            for place in self.places(indices):
                key = (array, place)
                label = self.at(array[indices], indices, place)
                self.vertices[key] = Vertex(key, INPUT, label, None, array)
                self.sources[key] = _Source(key)
        for node in graph.nodes:
            self._check(node)
            for place in self.places(node.indices):
                self._compute(node, place)
                if len(self.vertices) > 40 * MOST:
                    raise _too_many(len(self.vertices), "more than ")
        for output in self.messages.backward.program.outputs:
            line = whole(self.messages, self.messages.totals[output], seed=True)
            for place in self.places(line.indices):
                source = self.sources[output, place]
                key = (OUTPUT, output, place)
                label = self.at(output[line.indices], line.indices, place)
                self.vertices[key] = Vertex(key, OUTPUT, label, None, output)
                self._connect(source, key, line.value, line.message, line.indices, place)

    def _check(self, node: Node) -> None:
        if node.operation.kind == MATRIX:
            raise NotYet(
                f"{node.array.name} is a function of a whole matrix; draw it without a concrete n"
            )
        if any(o.has(Gather) for o in node.operands):
            raise NotYet(
                f"which elements {node.array.name} takes depends on labels; draw it without a "
                "concrete n"
            )

    def _compute(self, node: Node, place: Place) -> None:
        """The vertices of one number."""
        operation, key = node.operation, (node.array, place)
        if operation.kind in (SUM, DOT, PRODUCT, LARGEST):
            parts = []
            for inner in self.places(operation.bound):
                if operation.kind == DOT:
                    parts.append(self._factors(node, place, inner))
                else:
                    parts.append((0, (*place, *inner), self._source(node, 0, (*place, *inner))))
            kind = {PRODUCT: MULTIPLY, LARGEST: LARGEST}.get(operation.kind, ADD)
            self.sources[key] = self._vertex(key, Operation(kind), node, parts)
            return
        if operation.kind == CHOICE:
            condition = self.at(operation.condition, node.indices, place)  # type: ignore[arg-type]
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
        self.vertices[key] = Vertex(key, OPERATION, None, operation, node.array)
        for slot, at, source in operands:
            edge = self.messages.edges.get((node.array, slot))
            scope = node.scope
            if slot < 0:
                value: Expr | None = Operation(MULTIPLY).of(
                    [self.messages.graph.value(o) for o in node.operands]
                )
                total = self.messages.totals.get(node.array)
                message = known(total) if total else None
                if message is not None:
                    rows = dict(zip(standing_indices(node.array), node.indices, strict=True))
                    message = placed(message, rows)
            else:
                value = self.messages.graph.value(node.operands[slot])
                message = self.messages.at_place(edge).final.expr if edge else None
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
            raise _too_many(len(vertices))
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
