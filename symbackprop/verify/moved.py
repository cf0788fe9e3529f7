"""A forward pass again with one element of an input moved: only what it is part of is computed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from symbackprop.algebra.nodes import Array
from symbackprop.verify.scalars import Scalars
from symbackprop.verify.state import Env, Node, Sizes, State, Values


class Tracked(State):
    """An evaluation that notes which elements of the inputs each value is made of.

    of: a number for each element of the arrays, with a bit for each input element in it; sums:
    the same for what is in the memo.
    """

    def __init__(self, scalars: Scalars, sizes: Sizes, arrays: Mapping[Array, Values]) -> None:
        super().__init__(scalars, sizes, arrays)
        count = itertools.count()
        self.of = {a: {p: 1 << next(count) for p in values} for a, values in arrays.items()}
        self.sums: dict[tuple[Any, ...], int] = {}
        self._met = 0

    def computed(self, array: Array, place: tuple[int, ...], node: Node, env: Env) -> Any:
        self._met = 0
        value = node(self, env)
        self.of.setdefault(array, {})[place] = self._met
        return value

    def read(self, array: Array, place: tuple[int, ...]) -> Any:
        value = self.arrays[array][place]
        self._met |= self.of[array][place]
        return value

    def whole(self, array: Array) -> Values:
        for met in self.of[array].values():
            self._met |= met
        return self.arrays[array]

    def remembered(self, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        if key not in self.memo:
            outer, self._met = self._met, 0
            self.memo[key] = compute()
            self.sums[key], self._met = self._met, outer
        self._met |= self.sums[key]
        return self.memo[key]


class Moved(State):
    """An evaluation with one element of an input moved: what it is no part of stays."""

    def __init__(self, base: Tracked, array: Array, place: tuple[int, ...], value: Any) -> None:
        super().__init__(base.scalars, base.sizes, base.arrays)
        self.arrays[array] = {**base.arrays[array], place: value}
        self.spans = base.spans
        self._base = base
        self._bit = base.of[array][place]

    def computed(self, array: Array, place: tuple[int, ...], node: Node, env: Env) -> Any:
        moved = self._base.of[array][place] & self._bit
        return node(self, env) if moved else self._base.arrays[array][place]

    def remembered(self, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        if not self._base.sums.get(key, self._bit) & self._bit:
            return self._base.memo[key]
        return super().remembered(key, compute)
