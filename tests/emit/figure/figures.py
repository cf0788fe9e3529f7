"""Figures of catalogue layers, drawn and laid out once."""

from __future__ import annotations

from functools import cache

import symbackprop as sb
from symbackprop.emit.figure.drawing import Drawing
from symbackprop.emit.figure.figure import Figure
from symbackprop.emit.figure.layout import layout
from symbackprop.graph.drawn import draw

Sizes = tuple[tuple[str, int], ...]

CASES: tuple[tuple[str, str, Sizes], ...] = (
    ("softmax-ce", "node", (("n", 3),)), ("softmax-ce", "node", ()), ("softmax-ce", "layer", ()),
    ("softmax-ce", "layer", (("n", 3),)), ("two-layer", "node", ()), ("two-layer", "layer", ()),
    ("two-layer", "node", (("N", 1), ("D", 2), ("H", 2), ("n", 2))),
    ("sigmoid-bce", "node", ()), ("sigmoid-bce", "node", (("n", 3),)), ("sigmoid-bce", "layer", ()),
    ("attention", "node", ()), ("attention", "layer", ()),
    ("attention", "layer", (("L", 2), ("K", 2), ("S", 2), ("V", 2))),
    ("layer-norm", "node", ()), ("layer-norm", "layer", (("N", 2), ("D", 2))),
    ("apple-orange", "node", ()), ("elu", "node", ()), ("lstm-cell", "layer", ()),
)  # fmt: skip


@cache
def figure(name: str, level: str = "node", sizes: Sizes = (), messages: bool = True) -> Figure:
    backward = sb.derive(name).backward
    return draw(backward, level=level, n=dict(sizes) or None, messages=messages)


@cache
def drawing(name: str, level: str = "node", sizes: Sizes = ()) -> Drawing:
    return layout(figure(name, level, sizes))
