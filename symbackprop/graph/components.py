"""Layers with a concrete n: the boxes stay whole, with a line for each number."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from symbackprop.graph.diagram import BRANCH, OPERATION, Diagram, Line, Vertex
from symbackprop.graph.written import MOST, Place, Sizes, count_of, places_of, too_many, written_at


def components(diagram: Diagram, sizes: Sizes) -> Diagram:
    """The diagram of layers with a line for each number; the boxes stay whole.

    Raises InputError where that would be more than MOST lines.
    """
    boxes = {v.key for v in diagram.vertices if v.kind == OPERATION}

    def part(key: Hashable, place: Place) -> Hashable:
        return key if key in boxes else (key, place)

    count = sum(count_of(line.indices, sizes) for line in diagram.lines)
    if count > MOST:
        raise too_many(count, what="lines")
    vertices: list[Vertex] = []
    lines = [
        _line_at(line, place, sizes, part(line.start, place), part(line.end, place))
        for line in diagram.lines for place in places_of(line.indices, sizes)
    ]  # fmt: skip
    for vertex in diagram.vertices:
        if vertex.key in boxes:
            vertices.append(vertex)
        elif vertex.kind == BRANCH:
            ends = dict.fromkeys(e.end for e in lines if e.end == (vertex.key, ()) or (
                isinstance(e.end, tuple) and e.end[0] == vertex.key))
            vertices += [Vertex(end, BRANCH) for end in ends]
        else:
            for place in places_of(vertex.indices, sizes):
                assert vertex.label is not None
                label = written_at(vertex.label, vertex.indices, place, sizes)
                key = (vertex.key, place)
                vertices.append(replace(vertex, key=key, label=label, indices=()))
    return Diagram(diagram.program, tuple(vertices), tuple(lines))


def _line_at(line: Line, place: Place, sizes: Sizes, start: Hashable, end: Hashable) -> Line:
    shown = (
        None if e is None else written_at(e, line.indices, place, sizes)
        for e in (line.value, line.message, line.name)
    )
    return Line(start, end, (), *shown)
