"""One evaluation of index expressions: the arithmetic, the sizes, and what is known so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

from sympy import Basic, Expr

from symbackprop.algebra.nodes import Array, Index
from symbackprop.verify.scalars import Scalars

Sizes = Mapping[Basic, int]
Values = dict[tuple[int, ...], Any]
Env = dict[Index, int]
Rule = tuple[Array, tuple[Index, ...], Expr]
Node = Callable[["State", Env], Any]


class State:
    """One evaluation: the arithmetic, the sizes, the arrays known so far.

    masked: whether a product with a factor [condition] that is 0 is 0 even where another factor
    has no value, as is meant in formulas; NumPy's own products of such values are not. So is one
    with any factor that is 0 where a subscript of another is beyond its axis.
    `memo` holds sums over bound indices that were met already, by node and free indices; `spans`
    the positions that each of them runs over.
    """

    def __init__(self, scalars: Scalars, sizes: Sizes, arrays: Mapping[Array, Values]) -> None:
        self.scalars = scalars
        self.sizes = sizes
        self.arrays = dict(arrays)
        self.masked = False
        self.memo: dict[tuple[Any, ...], Any] = {}
        self.spans: dict[Node, list[tuple[int, ...]]] = {}

    def size(self, size: Expr) -> int:
        """The concrete length of an axis."""
        found = self.sizes.get(size)
        return int(size.xreplace(dict(self.sizes))) if found is None else found

    def places(self, axes: Iterable[Expr]) -> Iterable[tuple[int, ...]]:
        """All positions in an array with these axes."""
        return product(*(range(self.size(axis)) for axis in axes))

    def computed(self, array: Array, place: tuple[int, ...], node: Node, env: Env) -> Any:
        """The value of one element of an array that is being computed."""
        return node(self, env)

    def read(self, array: Array, place: tuple[int, ...]) -> Any:
        """One element; raises KeyError beyond an axis."""
        return self.arrays[array][place]

    def whole(self, array: Array) -> Values:
        """All elements of an array."""
        return self.arrays[array]

    def remembered(self, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """What was computed under this key before; else what is computed now."""
        if key not in self.memo:
            self.memo[key] = compute()
        return self.memo[key]
