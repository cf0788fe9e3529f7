r"""Whole-array notation: from an index expression to products, transposes and elementwise work.

A node stands for a two-dimensional array: a vector is a column, a scalar is 1 by 1, and `Ones(n)`
a column of n ones. Functions, powers and comparisons act on each element.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from sympy import Basic, Expr, S

from symbackprop.algebra.nodes import Array, MatrixFunction

Shape = tuple[Expr, Expr]


@dataclass(frozen=True)
class Node:
    """An array of `shape` (rows, columns); its sizes are SymPy expressions."""

    shape: Shape

    @property
    def is_scalar(self) -> bool:
        """Whether it is 1 by 1."""
        return self.shape == (1, 1)


@dataclass(frozen=True)
class Literal(Node):
    """A number or a size: a scalar without arrays."""

    expr: Expr


@dataclass(frozen=True)
class Whole(Node):
    """An array by its name; a vector stands as a column."""

    array: Array


@dataclass(frozen=True)
class Ones(Node):
    """A column of ones."""


@dataclass(frozen=True)
class Identity(Node):
    """The identity matrix."""


@dataclass(frozen=True)
class Transpose(Node):
    """xᵀ."""

    x: Node


@dataclass(frozen=True)
class Diagonal(Node):
    """diag(x) of a column x."""

    x: Node


@dataclass(frozen=True)
class MatrixProduct(Node):
    """factors[0] factors[1] …, the matrix product."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Scaled(Node):
    """A scalar times an array, or times another scalar."""

    scalar: Node
    x: Node


@dataclass(frozen=True)
class Hadamard(Node):
    """The elementwise product."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Quotient(Node):
    """The elementwise quotient; the denominator has the same shape or is a scalar."""

    x: Node
    y: Node


@dataclass(frozen=True)
class Plus(Node):
    """The sum of arrays of one shape; `negative` marks the terms that are subtracted."""

    terms: tuple[Node, ...]
    negative: tuple[bool, ...]


@dataclass(frozen=True)
class Mapped(Node):
    """A function of the table, by its SymPy class, of each element."""

    function: type[Basic]
    x: Node


@dataclass(frozen=True)
class OfMatrix(Node):
    """A function of a whole matrix, such as its inverse."""

    function: type[MatrixFunction]
    x: Whole


@dataclass(frozen=True)
class Power(Node):
    """Each element to a power that is the same for all."""

    x: Node
    exponent: Expr


@dataclass(frozen=True)
class Extreme(Node):
    """The larger (or smaller) of two at each element; either may be a scalar."""

    largest: bool
    x: Node
    y: Node


@dataclass(frozen=True)
class Indicator(Node):
    """1 where the comparison (relation: ">", "==", …) holds, else 0; a side may be a scalar."""

    relation: str
    x: Node
    y: Node


ONE = Literal((S.One, S.One), S.One)


def transpose(x: Node) -> Node:
    """xᵀ, without a double transpose or one of a scalar; (A B)ᵀ is Bᵀ Aᵀ where that is simpler."""
    if x.is_scalar or isinstance(x, Identity | Diagonal):
        return x
    if isinstance(x, Transpose):
        return x.x
    whole = Transpose((x.shape[1], x.shape[0]), x)
    if isinstance(x, MatrixProduct):
        swapped = multiply(*(transpose(f) for f in reversed(x.factors)))
        if transposes(swapped) <= transposes(whole):
            return swapped
    return whole


def transposes(node: Node) -> int:
    """How much is transposed in the node: a vector counts one, anything else two."""
    own = (1 if 1 in node.shape else 2) if isinstance(node, Transpose) else 0
    return own + sum(transposes(child) for child in _children(node))


def _children(node: Node) -> Iterator[Node]:
    for part in fields(node):
        value = getattr(node, part.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield item


def multiply(*factors: Node) -> Node:
    """The matrix product; scalars come out in front, identities vanish."""
    scalars: list[Node] = []
    flat: list[Node] = []
    for factor in factors:
        while isinstance(factor, Scaled):
            scalars.append(factor.scalar)
            factor = factor.x
        flat.extend(factor.factors if isinstance(factor, MatrixProduct) else (factor,))
    kept = [f for f in flat if not isinstance(f, Identity)] or flat[:1]
    product = kept[0]
    if len(kept) > 1:
        product = MatrixProduct((kept[0].shape[0], kept[-1].shape[1]), tuple(kept))
    return scale(scalars, product)


def scale(scalars: Iterable[Node], x: Node) -> Node:
    """The product of scalars with an array; ones vanish."""
    for scalar in reversed([s for s in scalars if s != ONE]):
        x = scalar if x == ONE else Scaled(x.shape, scalar, x)
    return x


def hadamard(factors: list[Node]) -> Node:
    """The elementwise product of arrays of one shape; a factor of ones vanishes."""
    kept = [f for f in factors if not isinstance(f, Ones)] or factors[:1]
    return kept[0] if len(kept) == 1 else Hadamard(kept[0].shape, tuple(kept))


def ones(size: Expr) -> Ones:
    """A column of `size` ones."""
    return Ones((size, S.One))
