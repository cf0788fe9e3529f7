"""Names for values of a graph that would be long, or awkward, to write out on every edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

from sympy import Expr

from symbackprop.algebra.letters import names_in
from symbackprop.algebra.nodes import Array, Element
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.trees import walk
from symbackprop.graph.model import Graph, Node
from symbackprop.graph.operations import (
    ADD,
    DOT,
    LARGEST,
    MULTIPLY,
    OVER_AXES,
    SAME,
    SUBTRACT,
    SUM,
)

LONG = 12  # parts of an expression, above which its value gets a name
_LETTERS = {SUM: "SZRQ", DOT: "ZRQ", LARGEST: "M"}  # no letter of an index
_OTHER = "u"


def named(program: Program, nodes: Sequence[Node]) -> Graph:
    """The graph of these nodes, with names for some values that the user gave none.

    A sum over an axis that is divided by, or that a function is taken of, has a name: S in
    exp(a)/S. So has a value whose expression would have more than LONG parts.
    """
    users: dict[Array, list[Node]] = {}
    for node in nodes:
        for _, o in node.slots:
            users.setdefault(o.array, []).append(node)
    own = frozenset((*program.inputs, *(d.array for d in program.definitions)))
    wanted = [n for n in nodes if not n.named and _is_reduced(n, users.get(n.array, []))]
    graph = _renamed(Graph(program, tuple(nodes), own), wanted)
    while True:
        long = next((n for n in graph.nodes if not n.named and _length(graph, n) > LONG), None)
        if long is None:
            return graph
        graph = _renamed(graph, [long])


def _is_reduced(node: Node, users: Iterable[Node]) -> bool:
    """Whether a sum or a maximum over an axis is used in another way than by adding it up."""
    return node.operation.kind in OVER_AXES and any(
        u.operation.kind not in (ADD, SUBTRACT, SUM, SAME)
        and not (u.operation.kind == MULTIPLY and len(u.slots) == 1)
        for u in users
    )


def _length(graph: Graph, node: Node) -> int:
    expr = graph.spelled(node)
    return sum(not part.args or isinstance(part, Element) for part in walk(expr))


def _renamed(before: Graph, wanted: Sequence[Node]) -> Graph:
    """The graph in which these values have names."""
    program = before.program
    taken = set(names_in(program)) | {f"d{n}" for n in names_in(program)}
    kinds = [n.operation.kind for n in wanted]
    names: dict[Array, Array] = {}
    for node, kind in zip(wanted, kinds, strict=True):
        name = _name(_LETTERS.get(kind, ""), kinds.count(kind) > 1, taken)
        taken.add(name)
        names[node.array] = Array(name, node.array.shape, node.array.sign)
    renamed = tuple(_with(n, names) for n in before.nodes)
    graph = Graph(program, renamed, before.own)
    own = {d.array: d for d in program.definitions}
    definitions = tuple(
        replace(own[n.array], indices=n.indices, expr=graph.spelled(n)) if n.array in own
        else Definition(n.array, n.indices, graph.spelled(n))
        for n in renamed if n.named
    )  # fmt: skip
    return Graph(replace(program, definitions=definitions), renamed, before.own)


def _name(letters: str, several: bool, taken: set[str]) -> str:
    """A letter that is free, with a number where several values of a kind get names."""
    free = [c for c in letters if c not in taken]
    if free and not several:
        return free[0]
    return next(
        name for n in count(1) if (name := f"{(free or [_OTHER])[0]}_{n}") not in taken
    )


def _with(node: Node, names: dict[Array, Array]) -> Node:
    array = names.get(node.array, node.array)
    operands = tuple(_put(o, names) for o in node.operands)
    return replace(node, array=array, operands=operands, named=node.named or array != node.array)


def _put(expr: Expr, names: dict[Array, Array]) -> Expr:
    if isinstance(expr, Element) and expr.array in names:
        return Element(names[expr.array], *expr.indices)
    return expr
