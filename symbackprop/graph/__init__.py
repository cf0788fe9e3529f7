"""The computational graph of a derivation: its nodes, the message on each edge, its picture.

    d = sb.derive("softmax-ce")
    symbackprop.graph.draw(d.backward, n=3)     # a Figure, which emit/figure prints
    symbackprop.graph.route(d, n=3)             # a Page: node by node, the rule and the message

The two are imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbackprop.graph.drawn import draw
    from symbackprop.graph.page import route

__all__ = ["draw", "route"]

_HOME = {"draw": "symbackprop.graph.drawn", "route": "symbackprop.graph.page"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symbackprop.graph' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
