"""The pieces of a claim whose names were looked up; the others are those of `syntax`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symbackprop.claims.syntax import Node


@dataclass(frozen=True)
class Named(Node):
    """A value with a name: an array, a size, a number. value: a traced array."""

    name: str
    value: Any


@dataclass(frozen=True)
class Done(Node):
    """A piece that was looked up already."""

    node: Node


@dataclass(frozen=True)
class Letter(Node):
    """An index as a subscript or as a number."""

    name: str


@dataclass(frozen=True)
class Call(Node):
    """A function of the library of these arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Kronecker(Node):
    """δ of two subscripts."""

    places: tuple[Node, Node]


@dataclass(frozen=True)
class Slope(Node):
    """∂of/∂wrt of two named arrays or elements of them."""

    of: Node
    wrt: Node


@dataclass(frozen=True)
class Bound:
    """An index of a sum and where it begins and ends; None for the whole axis."""

    name: str
    low: Node | None = None
    high: Node | None = None


@dataclass(frozen=True)
class Over(Node):
    """A sum, product, maximum or minimum of the body over indices, where the conditions hold."""

    kind: str
    bounds: tuple[Bound, ...]
    conditions: tuple[Node, ...]
    body: Node


@dataclass(frozen=True)
class Identity(Node):
    """The identity matrix of a size that what stands beside it decides."""
