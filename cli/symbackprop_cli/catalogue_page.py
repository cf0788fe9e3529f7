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
        "`symbackprop derive NAME` prints them; `--steps` shows the way there. Written by "
        "`symbackprop list --markdown`.\n\n"
        f"{links}"
    )
    return "\n\n".join([head, *map(_section, layers)]) + "\n"


def _section(layer: Layer) -> str:
    from symbackprop.derivation import derive

    _, _, result = derive(layer).text().partition("\n\n")
    shown = picture(layer.name)
    blocks = [
        f"## {layer.name}",
        capitalized(escaped(layer.summary)),
        *([f"![The graph of {layer.name}]({shown})"] if shown else []),
        f"```text\n{result.rstrip()}\n```",
        f"Source: {escaped(layer.source)}",
    ]
    return "\n\n".join(blocks)


def picture(name: str) -> str | None:
    """The path of a layer's picture, from the folder of the page; None where there is none."""
    return None
