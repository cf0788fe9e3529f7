"""The catalogue as one page of Markdown: what `derivations/README.md` holds.

Formulas stand as text: GitHub renders no more than about 750 formulas and 2000 braces on a page,
and the catalogue has more of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbackprop.emit.page_markdown import escaped
from symbackprop.emit.phrases import capitalized

if TYPE_CHECKING:
    from symbackprop.layer import Layer


def catalogue_page(layers: Sequence[Layer]) -> str:
    """Each layer's forward pass, its result and its picture, after a list of links to them."""
    links = " · ".join(f"[{layer.name}](#{layer.name})" for layer in layers)
    head = (
        "# The catalogue\n\n"
        f"The forward pass and the result of each of the {len(layers)} layers, as "
        "`symbackprop derive NAME` prints them, and its picture: a box for each definition, on "
        "each edge the forward value and, after the arrow, the gradient that comes back. `--steps` "
        "shows the way there, `symbackprop graph NAME --backward` the graph of single operations. "
        "Written by `symbackprop list --markdown`.\n\n"
        f"{links}"
    )
    return "\n\n".join([head, *map(_section, layers)]) + "\n"


def _section(layer: Layer) -> str:
    from symbackprop.deriving import derive
    from symbackprop.emit.figure.mermaid import mermaid
    from symbackprop.graph.drawn import draw

    derived = derive(layer)
    _, _, result = derived.text().partition("\n\n")
    blocks = [
        f"## {layer.name}",
        capitalized(escaped(layer.summary)),
        f"```text\n{result.rstrip()}\n```",
        f"```mermaid\n{mermaid(draw(derived.backward, level='layer')).rstrip()}\n```",
        f"Source: {escaped(layer.source)}",
    ]
    return "\n\n".join(blocks)
