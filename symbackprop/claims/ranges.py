"""Over which axis each index of a claim runs: told by where it stands as a subscript."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, permutations

from sympy import Add, Dummy, Expr

from symbackprop.algebra.nodes import Array, Index, fresh_index
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import canonical, divided, indices_of
from symbackprop.claims import syntax as s
from symbackprop.claims.parsing import counted
from symbackprop.claims.resolved import Kronecker, Letter, Named, Over
from symbackprop.errors import Refused

Refusal = Callable[[str, s.Node], Refused]


class Unfit(Refused):
    """An index that stands on axes of different sizes, or on an axis that it does not fit."""


@dataclass(eq=False)
class Slot:
    """An index in its scope.

    uses: the sizes of the axes on which it stands alone as a subscript, whether a condition on it
    stands beside them, and where. fixed: the size that the left side gives it.
    """

    name: str
    fixed: Expr | None = None
    uses: list[tuple[Expr, bool, s.Node]] = field(default_factory=list)
    ends: list[Expr] = field(default_factory=list)
    equals: list[Slot] = field(default_factory=list)
    size: Expr | None = None
    index: Index | None = None

    def settle(self, refused: Refusal) -> None:
        """Decide the size, where it can be."""
        plain = [(size, node) for size, guarded, node in self.uses if not guarded]
        if self.fixed is not None:
            plain.insert(0, (self.fixed, s.Node()))
        for size, node in plain[1:]:
            if size != plain[0][0]:
                raise Unfit(str(refused(
                    f"the index {self.name} runs over {size_text(plain[0][0])} and over "
                    f"{size_text(size)}", node
                )))  # fmt: skip
        guarded = list(dict.fromkeys(size for size, inside, _ in self.uses if inside))
        if plain:
            self.size = plain[0][0]
        elif len(guarded) > 1:
            raise Unfit(str(refused(
                f"the index {self.name} runs over {' and over '.join(map(size_text, guarded))}",
                self.uses[0][2]
            )))  # fmt: skip
        elif guarded:
            self.size = guarded[0]
        elif self.ends:
            self.size = self.ends[0]
        if self.size is not None:
            self.index = fresh_index(self.size)


Scope = Mapping[str, Slot]
Position = Callable[[s.Node, Scope], Expr]


class Ranges:
    """Collects the uses of every index of a claim. slots: those of each sum, by the sum's place."""

    def __init__(
        self, refused: Refusal, labels: Mapping[Array, tuple[Expr, ...]],
        shape_of: Callable[[s.Node, Scope], tuple[Expr, ...]], position: Position,
    ) -> None:  # fmt: skip
        self.refused, self.labels, self.shape_of = refused, labels, shape_of
        self.position = position
        self.slots: dict[int, tuple[Slot, ...]] = {}
        self._every: list[Slot] = []
        self._late: list[tuple[s.Subscripted, Scope, frozenset[str]]] = []

    def note(self, node: s.Node, scope: Scope) -> None:
        """Note what stands in a tree; `settle` comes when all trees are noted."""
        self._every += [slot for slot in scope.values() if slot not in self._every]
        self._walk(node, scope, frozenset())

    def settle(self) -> None:
        """Decide all sizes. Raises Refused for an index that runs over two axes, or over none."""
        self._equalize()
        for node, scope, guarded in self._late:
            shape = self.shape_of(node.base, scope)
            axes = tuple(size for size in shape if size != 1)
            if len(axes) != len(node.places):
                raise self.refused(
                    f"this has {counted(len(axes))}, and {len(node.places)} subscripts are given",
                    node,
                )
            self._axes(axes, node.places, scope, guarded)
        self._equalize()
        for slot in self._every:
            if slot.size is None:
                raise self.refused(
                    f"over what the index {slot.name} runs is not said; write \\sum_{{{slot.name}"
                    "=1}^{n}, or give it an axis", s.Node()
                )  # fmt: skip

    def _equalize(self) -> None:
        for _ in self._every:
            for slot in self._every:
                if slot.size is None:
                    slot.settle(self.refused)
            changed = False
            for slot in self._every:
                for other in slot.equals:
                    if slot.size is None and other.size is not None:
                        slot.ends.append(other.size)
                        changed = True
                    elif other.size is None and slot.size is not None:
                        other.ends.append(slot.size)
                        changed = True
            if not changed:
                break

    def _walk(self, node: s.Node, scope: Scope, guarded: frozenset[str]) -> None:
        if isinstance(node, s.Subscripted):
            self._subscripted(node, scope, guarded)
            return
        if isinstance(node, Kronecker):
            self._kronecker(node, scope, guarded)
            return
        if isinstance(node, Over):
            own = tuple(Slot(b.name) for b in node.bounds)
            self.slots[id(node)] = own
            self._every += own
            inner = {**scope, **{slot.name: slot for slot in own}}
            held = guarded.union(*(_letters(c) for c in node.conditions))
            for bound in node.bounds:
                for end in (bound.low, bound.high):
                    if end is not None:
                        self._walk(end, scope, guarded)
            for condition in node.conditions:
                self._walk(condition, inner, guarded)
            self._walk(node.body, inner, held)
            return
        if isinstance(node, s.Factors):
            held = guarded.union(*(_letters(i) for i in node.items if isinstance(i, s.Indicator)))
            for item in node.items:
                self._walk(item, scope, held)
            return
        if isinstance(node, s.Cases):
            held = guarded
            for value, test in node.rows:
                held = held | (_letters(test) if test is not None else frozenset())
                self._walk(value, scope, held)
                if test is not None:
                    self._walk(test, scope, guarded)
            return
        for child in children(node):
            self._walk(child, scope, guarded)

    def _subscripted(self, node: s.Subscripted, scope: Scope, guarded: frozenset[str]) -> None:
        for place in node.places:
            if not isinstance(place, Letter):
                self._walk(place, scope, guarded)
        if isinstance(node.base, Named):
            shape = node.base.value.value.shape
            axes = tuple(size for size in shape if size != 1)
            self._axes(axes, node.places, scope, guarded)
            return
        self._walk(node.base, scope, guarded)
        self._late.append((node, scope, guarded))

    def _axes(
        self, axes: tuple[Expr, ...], places: tuple[s.Node, ...], scope: Scope,
        guarded: frozenset[str],
    ) -> None:  # fmt: skip
        for size, place in zip(axes, places, strict=True):
            if isinstance(place, Letter):
                slot = self._slot(place, scope)
                slot.uses.append((size, place.name in guarded, place))
            else:
                for name, block in blocks(place, size, self.position).items():
                    if name in scope:
                        scope[name].ends.append(block)

    def _kronecker(self, node: Kronecker, scope: Scope, guarded: frozenset[str]) -> None:
        one, two = node.places
        for place, other in ((one, two), (two, one)):
            if isinstance(place, Letter) and isinstance(other, Letter):
                self._slot(place, scope).equals.append(self._slot(other, scope))
            elif isinstance(place, Letter) and isinstance(other, s.Subscripted):
                sizes = self._label(other)
                if len(sizes) == 1:
                    self._slot(place, scope).ends.append(sizes[0])
            if not isinstance(place, Letter):
                self._walk(place, scope, guarded)

    def _label(self, node: s.Subscripted) -> tuple[Expr, ...]:
        if not isinstance(node.base, Named):
            return ()
        return self.labels.get(node.base.value.value.array, ())

    def _slot(self, letter: Letter, scope: Scope) -> Slot:
        found = scope.get(letter.name)
        if found is None:
            raise self.refused(f"the index {letter.name} is bound by no sum here", letter)
        return found


def blocks(place: s.Node, size: Expr, position: Position) -> dict[str, Expr]:
    """The sizes of the indices in a subscript such as (g-1)P+p, which runs over an axis in blocks.

    size: of the axis. Nothing for a subscript that is not of this form.
    """
    names = free_letters(place)
    if not names:
        return {}
    trial = {n: Slot(n, index=Index(f"\u00b7{n}", Dummy(n, positive=True, integer=True)))
             for n in names}  # fmt: skip
    u = position(place, trial)
    shares = {n: canonical(u.coeff(slot.index)) for n, slot in trial.items()}
    rest = canonical(u - Add(*(share * trial[n].index for n, share in shares.items())))
    if indices_of(rest) or canonical(rest + Add(*shares.values()) - 1) != 0:
        return {}
    for order in permutations(names):
        if shares[order[0]] != 1:
            continue
        steps = [divided(shares[b], shares[a]) for a, b in pairwise(order)]
        steps.append(divided(size, shares[order[-1]]))
        if all(step is not None and step != 1 for step in steps):
            return {n: step for n, step in zip(order, steps, strict=True) if step is not None}
    return {}


def children(node: s.Node) -> Iterator[s.Node]:
    """The nodes directly inside a node."""
    for value in vars(node).values():
        yield from _nodes(value)


def _nodes(value: object) -> Iterator[s.Node]:
    if isinstance(value, s.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def free_letters(node: s.Node, bound: frozenset[str] = frozenset()) -> list[str]:
    """The indices that no sum in the tree binds, in order of appearance."""
    if isinstance(node, Letter):
        return [] if node.name in bound else [node.name]
    if isinstance(node, Over):
        inner = bound | {b.name for b in node.bounds}
        ends = [e for b in node.bounds for e in (b.low, b.high) if e is not None]
        found = [x for e in ends for x in free_letters(e, bound)]
        for part in (*node.conditions, node.body):
            found += free_letters(part, inner)
        return list(dict.fromkeys(found))
    return list(dict.fromkeys(x for c in children(node) for x in free_letters(c, bound)))


def _letters(node: s.Node) -> frozenset[str]:
    return frozenset(n.name for n in s.walk(node) if isinstance(n, Letter))
