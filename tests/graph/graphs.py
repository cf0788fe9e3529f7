"""Graphs of catalogue layers and of texts, derived once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import symbackprop as sb
from symbackprop.algebra.letters import lettered
from symbackprop.derivation import Derivation
from symbackprop.emit.text_expr import UNICODE, TextPrinter
from symbackprop.graph.build import node_graph
from symbackprop.graph.layers import layer_graph
from symbackprop.graph.messages import Messages
from symbackprop.graph.model import Graph
from tests.derived import derived

LAYERS = (
    "softmax-ce", "sigmoid-bce", "two-layer", "affine-batch", "apple", "apple-orange", "sigmoid",
    "mul", "add", "mse", "layer-norm", "attention",
)  # fmt: skip


@cache
def messages(name: str, level: str = "node") -> Messages:
    return messages_of(derived(name), level)


def messages_of(d: Derivation, level: str = "node") -> Messages:
    make: Callable[[Any], Graph] = node_graph if level == "node" else layer_graph
    return Messages(make(d.backward.program), d.backward)


def from_text(text: str, shapes: Mapping[str, Any], **options: Any) -> Messages:
    return messages_of(sb.derive(text, shapes=shapes, **options))


def shown(expr: Any, indices: Any = ()) -> str:
    """An expression as text."""
    taken = frozenset(str(a) for a in expr.free_symbols if hasattr(a, "shape"))
    return TextPrinter(UNICODE).show(lettered(expr, indices, taken)[1])


def values(graph: Graph) -> list[tuple[str, str]]:
    """The operation of each node and its value."""
    return [(n.operation.kind, shown(graph.value(n.element), n.indices)) for n in graph.nodes]
