"""Sums, products and extremes over indices: what stands under them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symbackprop.claims import syntax as s
from symbackprop.claims.names import Words, split_places
from symbackprop.claims.places import Places
from symbackprop.claims.resolved import Bound, Letter, Over


class Sums:
    """Reads the sums of one claim. value, condition: resolve what they are of."""

    def __init__(
        self, words: Words, places: Places, value: Callable[[s.Node], s.Node],
        condition: Callable[[s.Node], s.Node],
    ) -> None:  # fmt: skip
        self.words, self.places, self.value, self.condition = words, places, value, condition
        self.refused = words.refused

    def over(self, node: s.Big) -> s.Node:
        bounds: list[Bound] = []
        conditions: list[s.Node] = []
        for below in node.below:
            self._below(below, node, bounds, conditions)
        if node.above is not None:
            if len(bounds) != 1 or bounds[0].high is not None:
                raise self.refused("an upper end belongs to one index", node)
            bounds[0] = replace(bounds[0], high=self._end(node.above))
        if not bounds:
            raise self.refused("the index is missing; write \\sum_{k}", node)
        return Over(
            node.kind, tuple(bounds), tuple(conditions), self.value(node.body), span=node.span
        )

    def _below(
        self, below: s.Node, node: s.Big, bounds: list[Bound], conditions: list[s.Node]
    ) -> None:
        """What stands under a sum: an index, its first value, or a condition on it."""
        known = {b.name for b in bounds}
        if not isinstance(below, s.Relation):
            for place in split_places((below,), False):
                if not isinstance(place, s.Word):
                    raise self.refused("only an index or a condition on it stands there", place)
                bounds.append(Bound(place.text))
            return
        sides, signs = below.sides, below.signs
        if len(signs) == 1 and signs[0] == "==" and _text(sides[0]) not in known:
            low = self._end(sides[1])
            bounds.append(Bound(_text(sides[0]) or self._no_index(sides[0]),
                                None if _is_one(low) else low))  # fmt: skip
            return
        if len(signs) == 2 and set(signs) == {"<="} and _text(sides[1]) not in known:
            low, high = (self._end(e) for e in (sides[0], sides[2]))
            bounds.append(Bound(_text(sides[1]) or self._no_index(sides[1]),
                                None if _is_one(low) else low, high))  # fmt: skip
            return
        if signs == ("!=",) and isinstance(sides[0], s.Group):
            self._unequal(sides[0], sides[1], bounds, conditions)
            return
        name = _text(sides[0])
        if name and name not in known and not bounds:
            bounds.append(Bound(name))
        conditions.append(self.condition(below))

    def _end(self, node: s.Node) -> s.Node:
        """Where a sum begins or ends: a number, a size or an index."""
        found = self.places.place(node, bare=True)
        if isinstance(found, Letter) and found.name not in self.words.letters:
            sizes = ", ".join(self.words.vocabulary.sizes) or "numbers"
            raise self.refused(f"{found.name} is no size here; the sizes are {sizes}", node)
        return found

    def _unequal(
        self, left: s.Group, right: s.Node, bounds: list[Bound], conditions: list[s.Node]
    ) -> None:
        """(k,l) ≠ (i,j): not both are equal."""
        others = right.items if isinstance(right, s.Group) else (right,)
        pairs = []
        for one, other in zip(left.items, others, strict=True):
            bounds.append(Bound(_text(one) or self._no_index(one)))
            pairs.append(s.Relation((self.places.place(one), self.places.place(other)), ("!=",),
                                    span=left.span))  # fmt: skip
        conditions.append(s.Both("or", tuple(pairs), span=left.span))

    def _no_index(self, node: s.Node) -> str:
        raise self.refused("an index is one letter", node)


def _text(node: s.Node) -> str:
    return node.text if isinstance(node, s.Word) else ""


def _is_one(node: s.Node) -> bool:
    return isinstance(node, s.Literal) and node.value == 1
