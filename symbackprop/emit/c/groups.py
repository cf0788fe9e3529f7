"""In which order the loops inside a row stand, and which steps share one.

A step is an elementwise operation, or a sum or maximum over axes of a row. Steps with the same
axes share one loop, unless one needs what another has only when its loop has ended. Where a row is
summed, a function of vector maths has a loop of its own, which runs over all elements of several
rows: over a short row most of it would not be vector maths.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sympy import Expr

from symbackprop.emit.c.expressions import MATH, NEWER_VECTORS, VECTORS, Unsupported
from symbackprop.emit.c.places import Place, operand_place, place_of, space_of, through
from symbackprop.emit.fast.graph import FLOAT, MAP, OTHER, REDUCE, VIEW, Node
from symbackprop.emit.fast.stages import Loop, is_product_with_vector

Space = tuple[tuple[int, Expr], ...]
_CHEAP = frozenset({"add", "subtract", "multiply", "negative", "square"})


@dataclass(frozen=True)
class Read:
    """An operand: the array that it is read from, and where."""

    base: Node
    place: Place


class Key(NamedTuple):
    """Which steps share a group, and the order of groups.

    level: what is to be there before. apart: whether each step has a loop of its own. depth: the
    number of loops inside the row; space: they.
    """

    level: int
    apart: bool
    depth: int
    space: str


class Groups:
    """The steps of a loop over rows, in groups with one loop inside the row each.

    stored: nodes that have an array of their own. short: whether rows are so short that several
    stand side by side: no step has a loop of its own then, and none is computed again. long:
    whether they are so long that they leave the nearest cache: no step has a loop of its own then
    either, so that rows come from memory while vector maths works.
    computed: the steps that are no views. apart: the steps with a loop of their own. functions:
    those that would have one, were rows not short or long. ordered: the groups. needs_memory:
    steps that another group reads by element, or that another loop over rows reads. in_place: the
    steps whose result takes the memory of their operand, or which have that of a stored node until
    it is there.
    """

    def __init__(
        self, loop: Loop, stored: Container[Node], *, short: bool = False, long: bool = False
    ) -> None:
        self._stored, self._short = stored, short
        self.computed = dict.fromkeys(n for n in loop.steps if n.kind != VIEW)
        self.ends = loop.ends
        self._reads = {n: tuple(self._all_reads(n)) for n in (*self.computed, *loop.ends)}
        self.apart = frozenset(n for n in self.computed if self._is_apart(n))
        if all(map(is_mapped, self.computed)) or not any(map(iterated, self.apart)):
            self.apart = frozenset()
        self.functions = self.apart
        if short or long:
            self.apart = frozenset()
        self._level: dict[Node, int] = {}
        for node in self._reads:
            self._level[node] = max(
                (self._after(node, r) for r in self._reads[node] if r is not None), default=0
            )
        if self.apart:
            self._delay()
        self._join()
        found: dict[Key, list[Node]] = {}
        for node in self._reads:
            group = found.setdefault(self.key(node), [])
            for r in self._reads[node]:
                # What is one operation on what is at hand is computed again, not kept.
                if r is not None and self._is_again(node, r):
                    group += [r.base] if r.base not in group else []
            group.append(node)
        for group in found.values():
            used = {r.base for n in group for r in self._reads[n] if r is not None}
            group[:] = [n for n in group if n in used or not self._only_again(n)]
        self.ordered = {key: found[key] for key in sorted(found) if found[key]}
        self._sweeps: dict[Key, int] = {}
        number = 0
        for before, key in zip((None, *self.ordered), self.ordered, strict=False):
            number += before is not None and (before.apart or key.apart)
            self._sweeps[key] = number
        self.needs_memory = {
            r.base for key, group in self.ordered.items() for n in group for r in self._reads[n]
            if r is not None and ((self._elsewhere(n, r) and not self._is_again(n, r))
                                  or self._is_swept_before(r.base, key, group))
        }  # fmt: skip
        self.in_place = {n: x for n in self.apart if (x := self._operand_alone(n)) is not None}
        if long:
            for node in self.computed:
                result = self._result_for(node) if node in self.needs_memory else None
                if result is not None:
                    self.in_place[node] = result

    def _join(self) -> None:
        """Have a sum of what is there where another step reads it, so that it is read once."""
        for node, reads in self._reads.items():
            bases = [r.base for r in reads if r is not None]
            if is_mapped(node) or any(b in self.computed for b in bases):
                continue
            others = {self._level[n] for n, found in self._reads.items() if n is not node
                      and any(r is not None and r.base in bases for r in found)}  # fmt: skip
            if self._level[node] not in others:
                last = min((self._level[n] - (not self._shares(n, r))
                            for n, found in self._reads.items() for r in found
                            if r is not None and r.base is node), default=0)  # fmt: skip
                before = [level for level in others if level <= last]
                self._level[node] = max(before, default=self._level[node])

    def _result_for(self, node: Node) -> Node | None:
        """The stored node that takes the place of a row, read for the last time, as it is made."""
        if node in self._stored or not is_mapped(node):
            return None
        read = [group for group in self.ordered.values()
                if any(self._reads_memory(n, node) for n in group)]  # fmt: skip
        touched: set[Node] = set()
        found = None
        for n in read[-1]:
            reads = {r.base for r in self._reads[n] if r is not None}
            if reads & touched or self._reads_memory(n, node):
                touched.add(n)
                fits = is_mapped(n) and n in self._stored and n.dtype == FLOAT
                same = n.shape == node.shape and place_of(n) == place_of(node)
                free = n not in self.in_place.values() and n in self.computed
                found = n if fits and same and free else None
        return found

    def _reads_memory(self, user: Node, node: Node) -> bool:
        return any(r is not None and r.base is node and not self._is_again(user, r)
                   for r in self._reads[user])  # fmt: skip

    def _delay(self) -> None:
        """Have each step as late as its users allow, so that few loops over rows are left.

        A sum of what is at hand is not: that would be computed or read again.
        """
        users: dict[Node, list[tuple[Node, Read]]] = {}
        for node, reads in self._reads.items():
            for r in reads:
                if r is not None:
                    users.setdefault(r.base, []).append((node, r))
        last = max(self._level[n] for n in self._reads if n not in users)
        for node in reversed(self._reads):
            if not is_mapped(node) and any(
                r is not None and r.base in self.computed and self._shares(node, r)
                for r in self._reads[node]
            ):
                continue
            self._level[node] = min(
                (self._level[u] - (not self._shares(u, r)) for u, r in users.get(node, ())),
                default=last,
            )

    def _operand_alone(self, node: Node) -> Node | None:
        """x of f(x), whose memory the result may have: no other step reads it, nor is it kept."""
        (read,) = self._reads[node]
        assert read is not None
        x = read.base
        if node in self._stored or x in self._stored:
            return None
        users = [n for group in self.ordered.values() if x not in group for n in group
                 if self._reads_memory(n, x)]  # fmt: skip
        return x if users == [node] else None

    def reads(self, node: Node) -> tuple[Read | None, ...]:
        """Each operand of a step; None for a number."""
        return self._reads[node]

    def uses(self, node: Node) -> int:
        """How often the steps read a step."""
        return sum(r is not None and r.base is node for reads in self._reads.values()
                   for r in reads)  # fmt: skip

    def sweep(self, key: Key) -> int:
        """The number of the loop over rows in which a group stands."""
        return self._sweeps[key]

    def key(self, node: Node) -> Key:
        """The group in which a step is computed first."""
        space = iterated(node)
        return Key(self._level[node], node in self.apart, len(space), str(space))

    def _is_swept_before(self, base: Node, key: Key, group: list[Node]) -> bool:
        if base not in self.computed or base in group:
            return False
        return self._sweeps[self.key(base)] != self._sweeps[key]

    def _is_apart(self, node: Node) -> bool:
        """Whether it is f(x) for a function of vector maths, where x is computed too.

        Then x lies in memory as f(x) does: what a view adds or leaves out are axes of length 1.
        """
        if not is_mapped(node) or MATH.get(node.ufunc) not in (*VECTORS, *NEWER_VECTORS):
            return False
        read = self._reads[node][0]
        return len(node.args) == 1 and read is not None and read.base in self.computed

    def _all_reads(self, node: Node) -> Iterator[Read | None]:
        if node.dtype == OTHER:
            raise Unsupported("integers")
        for arg, place in zip(node.args, operand_places(node), strict=True):
            if not arg.shape:
                yield None
                continue
            found = through(arg, place)
            if found is None:
                if arg.base in self.computed:
                    raise Unsupported("a view that takes other positions")
                found = arg, place
            yield Read(*found)

    def _elsewhere(self, user: Node, read: Read) -> bool:
        """Whether a value by element comes from another loop inside the row."""
        base = read.base
        if base not in self.computed:
            return False
        apart = not is_mapped(base) or self.key(base) != self.key(user)
        return iterated_result(base) and apart

    def _is_again(self, user: Node, read: Read) -> bool:
        """Whether a value from another loop is computed again for its user."""
        base = read.base
        if not self._elsewhere(user, read) or not self._shares(user, read):
            return False
        if self._short or base in self._stored or base.ufunc not in _CHEAP:
            return False
        return all(r is None or r.base not in self.computed or not iterated_result(r.base)
                   for r in self._reads[base])  # fmt: skip

    def _only_again(self, node: Node) -> bool:
        """Whether all that read a step compute it again."""
        readers = [(n, r) for n, reads in self._reads.items() for r in reads
                   if r is not None and r.base is node]  # fmt: skip
        return bool(readers) and node not in self._stored and all(
            self._is_again(n, r) for n, r in readers
        )

    def _after(self, user: Node, read: Read) -> int:
        if read.base not in self.computed:
            return 0
        return self._level[read.base] + (not self._shares(user, read))

    def _shares(self, user: Node, read: Read) -> bool:
        """Whether the value is at hand in the loop of its user, in a variable."""
        base = read.base
        if not is_mapped(base) or base in self.apart or user in self.apart:
            return False
        own = iterated(base)
        return not own or (own == iterated(user) and read.place == place_of(base))


def is_mapped(node: Node) -> bool:
    """Whether a step is an elementwise operation."""
    return node.kind == MAP


def is_matrix_product(node: Node) -> bool:
    """Whether a step is X @ w, a sum over the second axis of X."""
    return node.kind != REDUCE and is_product_with_vector(node)


def operand_places(node: Node) -> list[Place]:
    """Where each operand is read, in terms of the loops of the node."""
    if is_mapped(node):
        place = place_of(node)
        return [operand_place(place, a) if a.shape else () for a in node.args]
    place = place_of(node.args[0])
    if is_matrix_product(node):
        return [place, place[1:]]
    if node.kind != REDUCE or node.args[0].dtype != FLOAT:
        raise Unsupported(node.code.op)
    return [place for _ in node.args]


def iterated(node: Node) -> Space:
    """The loops inside a row that a step needs."""
    return space_of(node if is_mapped(node) else node.args[0])


def iterated_result(node: Node) -> bool:
    """Whether a row has several elements of a step's result."""
    return bool(iterated(node)) if is_mapped(node) else any(result_place(node)[1:])


def reduced_axes(node: Node) -> frozenset[int]:
    """The axes that a sum or maximum goes over; 0 is that of the rows."""
    return frozenset({1} if is_matrix_product(node) else node.code.axes)


def own_place(node: Node) -> Place:
    """Where the result of a step is stored, in terms of its loops."""
    return place_of(node) if is_mapped(node) else result_place(node)


def result_place(node: Node) -> Place:
    """Where a sum or maximum is stored, in terms of the loops of its operand."""
    reduced, operand = reduced_axes(node), node.args[0]
    keep = node.code.keep
    return tuple(
        None if axis in reduced or size == 1 else axis
        for axis, size in enumerate(operand.shape) if keep or axis not in reduced
    )  # fmt: skip
