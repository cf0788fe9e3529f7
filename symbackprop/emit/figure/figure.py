"""What is drawn, for no format yet: boxes, and arrows with a label above and one below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.emit.page import Formula

CIRCLE, PLAIN, LAYER, DOT = "circle", "plain", "layer", "dot"


@dataclass(frozen=True)
class Box:
    """shape: CIRCLE for an operation, LAYER for several, PLAIN for a value by itself, DOT where a
    line divides (it has no label). ordered: whether arrows come in from top to bottom in their
    order, as those of a difference do.
    """

    key: int
    shape: str
    label: Formula | None = None
    ordered: bool = False


@dataclass(frozen=True)
class Arrow:
    """above: the forward value. below: the message that comes back. Either may be missing."""

    start: int
    end: int
    above: Formula | None = None
    below: Formula | None = None


@dataclass(frozen=True)
class Figure:
    """name: of the forward pass. title, description: for readers who cannot see it."""

    name: str
    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    @property
    def formulas(self) -> Iterator[Formula]:
        """All labels."""
        for box in self.boxes:
            if box.label is not None:
                yield box.label
        for arrow in self.arrows:
            yield from (f for f in (arrow.above, arrow.below) if f is not None)
