"""What is drawn: vertices, and lines with the value that goes forth and the message that returns.

All sizes may be symbolic, so that a line stands for an array; `concrete.py` has one line for each
number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Expr

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.program import Program
from symbackprop.calculus.reverse import standing_indices
from symbackprop.graph.messages import Messages, Total
from symbackprop.graph.operations import CHOICE, Operation

INPUT, CONSTANT, OUTPUT, OPERATION = "input", "constant", "output", "operation"
BRANCH = "branch"


@dataclass(frozen=True)
class Vertex:
    """kind: one of the constants above. label: of an input, a constant or an output, with its
    free indices. operation, array: what is computed, and the array (a box is known by it).
    """

    key: Hashable
    kind: str
    label: Basic | None = None
    indices: tuple[Index, ...] = ()
    operation: Operation | None = None
    array: Array | None = None


@dataclass(frozen=True)
class Line:
    """From the vertex that has a value to one that uses it.

    indices: the free indices of both expressions. value: None where the vertex itself says it.
    message: None where no derivative goes through. name: the message's own name, where it is the
        whole gradient in an array and messages further on use that name.
    """

    start: Hashable
    end: Hashable
    indices: tuple[Index, ...]
    value: Expr | None
    message: Expr | None
    name: Expr | None = None


@dataclass(frozen=True)
class Diagram:
    """Vertices in the order of computation.

    Where several lines leave a value that has a name, one line goes to a branch first, with the
    sum of their messages; the lines from there carry the value without saying it again.
    """

    program: Program
    vertices: tuple[Vertex, ...]
    lines: tuple[Line, ...]


def branched(
    program: Program, vertices: Sequence[Vertex], lines: Sequence[Line], wholes: Sequence[Line]
) -> Diagram:
    """The diagram with branches. wholes: of the values with names, the value and its gradient.

    A value that is used once has its whole line where its only line is.
    """
    uses = Counter(line.start for line in lines)
    whole = {line.start: line for line in wholes}
    found, more = list(lines), []
    for n, line in enumerate(found):
        if line.start not in whole:
            continue
        trunk, key = whole[line.start], (BRANCH, line.start)
        if uses[line.start] > 1:
            found[n] = replace(line, start=key, value=None)
        elif trunk.message is not None:
            found[n] = replace(trunk, end=line.end)
    for start, trunk in whole.items():
        if uses[start] > 1:
            more.append(Vertex((BRANCH, start), BRANCH))
            found.append(replace(trunk, end=(BRANCH, start)))
    return Diagram(program, (*vertices, *more), tuple(found))


def diagram(messages: Messages) -> Diagram:
    """The diagram of a graph in which every value is a whole array."""
    graph, backward = messages.graph, messages.backward
    vertices = [
        _value(a, INPUT, a) for a in graph.program.inputs
        if any(o.array == a for n in graph.nodes for _, o in n.slots)
    ]  # fmt: skip
    lines: list[Line] = []
    for node in graph.nodes:
        vertices.append(Vertex(node.array, OPERATION, operation=node.operation, array=node.array))
        condition = [node.operation.condition] if node.operation.kind == CHOICE else []
        for slot, operand in enumerate((*node.operands, *condition)):
            if isinstance(operand, Element):
                lines.append(_line(messages, operand.array, node.array, slot))
            else:
                free = free_indices(operand)
                indices = tuple(dict.fromkeys(free))
                vertices.append(Vertex((node.array, slot), CONSTANT, operand, indices))
                lines.append(Line((node.array, slot), node.array, (), None, None))
    for output in backward.program.outputs:
        key = (OUTPUT, output)
        vertices.append(_value(key, OUTPUT, output))
        lines.append(replace(whole(messages, messages.totals[output], seed=True), end=key))
    wholes = [
        whole(messages, t) for a, t in messages.totals.items()
        if a not in graph.by_array or graph.by_array[a].named
    ]  # fmt: skip
    return branched(graph.program, vertices, lines, wholes)


def _line(messages: Messages, source: Array, node: Array, slot: int) -> Line:
    """The line of one operand."""
    graph, indices = messages.graph, standing_indices(source)
    edge = messages.edges.get((node, slot))
    if edge is None and source not in graph.by_array:
        return Line(source, node, indices, None, None)
    message = edge.message.expr if edge else None
    return Line(source, node, indices, graph.value(source[indices]), message)


def whole(messages: Messages, total: Total, *, seed: bool = False) -> Line:
    """The value of an array and the gradient in it, in the form that the derivation has for it.

    seed: of an output, the upstream gradient alone.
    """
    array, indices = total.array, standing_indices(total.array)
    value = messages.graph.value(array[indices])
    if seed:
        assert total.seed is not None
        upstream = messages.simplifier.arranger(indices).arrange(total.seed)
        return Line(array, None, indices, value, upstream)
    step = total.adjoint
    if step is None:
        return Line(array, None, indices, value, total.form.expr)
    name = step.element if array in messages.graph.by_array else None
    return Line(array, None, indices, value, step.expr, name)


def _value(key: Hashable, kind: str, array: Array) -> Vertex:
    """The vertex of an input or an output."""
    indices = standing_indices(array)
    return Vertex(key, kind, array[indices], indices, array=array)
