"""The picture of a derivation's graph: what is asked for, checked and put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Basic

from symbackprop.calculus.result import Backward
from symbackprop.emit.figure.figure import Figure
from symbackprop.errors import InputError
from symbackprop.graph.build import node_graph
from symbackprop.graph.components import components
from symbackprop.graph.concrete import concrete
from symbackprop.graph.diagram import diagram
from symbackprop.graph.labels import Labels
from symbackprop.graph.layers import layer_graph, titles
from symbackprop.graph.messages import Messages
from symbackprop.graph.numbers import Numbers, sizes_of
from symbackprop.graph.picture import picture

LEVELS = ("node", "layer")
Sizes = int | Mapping[str, int]


def draw(
    backward: Backward,
    *,
    level: str = "node",
    n: Sizes | None = None,
    messages: bool = True,
    values: Mapping[str, Any] | None = None,
) -> Figure:
    """The graph of a backward program as a figure.

    level: "node" for elementary operations, "layer" for a box for each definition.
    n: write every axis out: the size, or the sizes by name. messages: show what comes back.
    values: numbers for the inputs, in place of formulas; lists give the sizes.

    Raises InputError for what does not fit together, and where the graph would have more nodes
    than can be read; NotYet for what cannot be drawn.
    """
    if level not in LEVELS:
        raise InputError(f"there is no level {level!r}; the levels are {' and '.join(LEVELS)}")
    program = backward.program
    graph = node_graph(program) if level == "node" else layer_graph(program)
    sizes = read_sizes(backward, n) if n is not None else None
    numbers = None
    if values is not None:
        found = sizes_of(backward, values)
        if sizes is not None and any(found.get(s, k) != k for s, k in sizes.items()):
            raise InputError("the sizes that are given and those of the values differ")
        sizes = found
        numbers = Numbers(graph, backward, values, sizes)
    found_messages = Messages(graph, backward)
    if sizes is None:
        whole = diagram(found_messages)
    elif level == "node":
        whole = concrete(found_messages, sizes)
    else:
        whole = components(diagram(found_messages), sizes)
    names = titles(program) if level == "layer" else {}
    labels = Labels(backward, graph.program)
    return picture(whole, labels, backward=messages, number=numbers, titles=names)


def read_sizes(backward: Backward, n: Sizes) -> dict[Basic, int]:
    """A length for each size symbol. Raises InputError where one is missing or does not fit."""
    symbols: Sequence[Any] = backward.program.sizes
    names = [s.name for s in symbols]
    if not names:
        raise InputError(f"{backward.program.name} has no symbolic size to give a number to")
    if isinstance(n, int):
        if len(names) > 1:
            example = ",".join(f"{name}={k}" for k, name in enumerate(names, 2))
            raise InputError(f"the sizes are {', '.join(names)}; give each: {example}")
        n = {names[0]: n}
    unknown = [name for name in n if name not in names]
    if unknown:
        raise InputError(f"there is no size {unknown[0]!r}; the sizes are {', '.join(names)}")
    missing = [name for name in names if name not in n]
    if missing:
        raise InputError(f"give the size {missing[0]} too, as in {missing[0]}=2")
    if any(k < 1 for k in n.values()):
        raise InputError("a size is 1 or more")
    found: dict[Basic, int] = {s: n[s.name] for s in symbols}
    for condition in backward.program.conditions:
        if int(condition.xreplace(found)) < 0:
            raise InputError(f"these sizes do not fit: {condition} has to be 0 or more")
    return found
