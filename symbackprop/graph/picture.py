"""From a diagram to a figure: labels, and dots where lines divide."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from itertools import count
from types import MappingProxyType

from sympy import Expr

from symbackprop.algebra.nodes import Array, Index
from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER, PLAIN, Arrow, Box, Figure
from symbackprop.emit.latex_names import escape
from symbackprop.emit.page import Formula
from symbackprop.graph.diagram import (
    BRANCH,
    INPUT,
    OPERATION,
    OUTPUT,
    Diagram,
    Line,
    Vertex,
)
from symbackprop.graph.forms import length
from symbackprop.graph.labels import Labels, equal, sign
from symbackprop.graph.naming import LONG
from symbackprop.graph.operations import BOX, CHOICE, POWER, SUBTRACT

Number = Callable[[Expr, tuple[Index, ...]], Formula]


def picture(
    diagram: Diagram,
    labels: Labels,
    *,
    backward: bool = True,
    number: Number | None = None,
    titles: Mapping[Array, str] = MappingProxyType({}),
) -> Figure:
    """backward: whether messages are shown. number: shows a value, else its formula is shown.

    titles: what boxes of several operations are called; another one shows its formula.
    """
    return _Picture(diagram, labels, backward, number, titles).figure()


class _Picture:
    def __init__(
        self,
        diagram: Diagram,
        labels: Labels,
        backward: bool,
        number: Number | None,
        titles: Mapping[Array, str],
    ) -> None:
        self.diagram = diagram
        self.labels = labels
        self.backward = backward
        self.number = number
        self.titles = titles
        self.keys = count()

    def figure(self) -> Figure:
        boxes = {v.key: self._box(v) for v in self.diagram.vertices}
        arrows = tuple(
            Arrow(boxes[line.start].key, boxes[line.end].key, *self._texts(line))
            for line in self.diagram.lines
        )
        name = self.labels.program.name
        title = f"Computational graph of {name}"
        return Figure(name, title, self._description(), tuple(boxes.values()), arrows)

    def _box(self, vertex: Vertex) -> Box:
        if vertex.kind == BRANCH:
            return Box(next(self.keys), DOT)
        if vertex.kind == OPERATION:
            assert vertex.operation is not None and vertex.array is not None
            if vertex.operation.kind == BOX:
                return Box(next(self.keys), LAYER, self._title(vertex))
            ordered = vertex.operation.kind in (SUBTRACT, CHOICE, POWER)
            return Box(next(self.keys), CIRCLE, sign(vertex.operation), ordered)
        assert vertex.label is not None
        if vertex.kind == INPUT and self.number is not None and vertex.key in self._silent:
            value = self.number(vertex.label, ())
            return Box(next(self.keys), PLAIN, equal(self.labels.formula(vertex.label), value))
        return Box(next(self.keys), PLAIN, self.labels.formula(vertex.label, vertex.indices))

    @cached_property
    def _silent(self) -> frozenset[Hashable]:
        """The vertices whose value no line says."""
        return frozenset(line.start for line in self.diagram.lines if line.value is None)

    def _title(self, vertex: Vertex) -> Formula:
        """What stands in a box: its name, or what it computes where that is short."""
        assert vertex.operation is not None and vertex.operation.whole is not None
        array = vertex.array
        assert array is not None
        if array in self.titles:
            name = self.titles[array]
            return Formula(name, name, rf"\text{{{escape(name)}}}")
        definition = next(d for d in self.labels.program.definitions if d.array == array)
        if length(definition.expr) <= LONG:
            return self.labels.equation(definition.element, definition.expr, definition.indices)
        return Formula(array.name, array.name, self.labels.latex.names.name(array.name).show())

    def _texts(self, line: Line) -> tuple[Formula | None, Formula | None]:
        """What stands above and below a line."""
        show = self.number or self.labels.formula
        above = None if line.value is None else show(line.value, line.indices)
        if line.message is None or not self.backward:
            return above, None
        if line.name is not None and self.number is None:
            return above, self.labels.equation(line.name, line.message, line.indices)
        return above, show(line.message, line.indices)

    def _description(self) -> str:
        """The picture in words, for readers who cannot see it."""
        kinds = [v.kind for v in self.diagram.vertices]
        inputs = [v for v in self.diagram.vertices if v.kind == INPUT]
        outputs = [v for v in self.diagram.vertices if v.kind == OUTPUT]
        text = (
            f"{kinds.count(OPERATION)} operations from {self._named(inputs)} "
            f"to {self._named(outputs)}."
        )
        if not self.backward:
            return text
        whole = {line.start: line for line in self.diagram.lines}
        found = []
        for vertex in inputs:
            line = whole[vertex.key]
            if line.message is not None:
                value = self.labels.formula(vertex.label, vertex.indices).text
                message = self._texts(line)[1]
                assert message is not None
                found.append(f"for {value}: {message.text}")
        return f"{text} Messages that come back to the inputs: {'; '.join(found)}."

    def _named(self, vertices: list[Vertex]) -> str:
        return ", ".join(
            self.labels.formula(v.label, v.indices).text
            for v in vertices
        )
