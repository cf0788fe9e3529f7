"""In which order the loops inside a row stand, and which steps share one.

A step is an elementwise operation, or a sum or maximum over axes of a row. Steps with the same
axes share one loop, unless one needs what another has only when its loop has ended.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from sympy import Expr

from symbackprop.emit.c.expressions import Unsupported
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


class Groups:
    """The steps of a loop over rows, in groups with one loop inside the row each.

    stored: nodes that have an array of their own. computed: the steps that are no views.
    needs_memory: steps that another group reads by element.
    """

    def __init__(self, loop: Loop, stored: Container[Node]) -> None:
        self._stored = stored
        self.computed = dict.fromkeys(n for n in loop.steps if n.kind != VIEW)
        self.ends = loop.ends
        self._reads = {n: tuple(self._all_reads(n)) for n in (*self.computed, *loop.ends)}
        self._level: dict[Node, int] = {}
        for node in self._reads:
            self._level[node] = max(
                (self._after(node, r) for r in self._reads[node] if r is not None), default=0
            )
        found: dict[tuple[int, int, str], list[Node]] = {}
        for node in self._reads:
            group = found.setdefault(self._group(node), [])
            for r in self._reads[node]:
                # What is one operation on what is at hand is computed again, not kept.
                if r is not None and self._elsewhere(node, r) and self._again(node, r):
                    group += [r.base] if r.base not in group else []
            group.append(node)
        for group in found.values():
            used = {r.base for n in group for r in self._reads[n] if r is not None}
            group[:] = [n for n in group if n in used or not self._only_again(n)]
        self.ordered = [found[key] for key in sorted(found) if found[key]]
        self.needs_memory = {
            r.base for n, reads in self._reads.items() for r in reads
            if r is not None and self._elsewhere(n, r) and not self._again(n, r)
        }  # fmt: skip

    def reads(self, node: Node) -> tuple[Read | None, ...]:
        """Each operand of a step; None for a number."""
        return self._reads[node]

    def uses(self, node: Node) -> int:
        """How often the steps read a step."""
        return sum(r is not None and r.base is node for reads in self._reads.values()
                   for r in reads)  # fmt: skip

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

    def _group(self, node: Node) -> tuple[int, int, str]:
        space = iterated(node)
        return self._level[node], len(space), str(space)

    def _elsewhere(self, user: Node, read: Read) -> bool:
        """Whether a value by element comes from another loop inside the row."""
        base = read.base
        if base not in self.computed:
            return False
        apart = not is_mapped(base) or self._group(base) != self._group(user)
        return iterated_result(base) and apart

    def _again(self, user: Node, read: Read) -> bool:
        base = read.base
        if base in self._stored or not self._shares(user, read) or base.ufunc not in _CHEAP:
            return False
        return all(r is None or r.base not in self.computed or not iterated_result(r.base)
                   for r in self._reads[base])  # fmt: skip

    def _only_again(self, node: Node) -> bool:
        """Whether all that read a step compute it again."""
        readers = [(n, r) for n, reads in self._reads.items() for r in reads
                   if r is not None and r.base is node]  # fmt: skip
        return bool(readers) and node not in self._stored and all(
            self._elsewhere(n, r) and self._again(n, r) for n, r in readers
        )

    def _after(self, user: Node, read: Read) -> int:
        if read.base not in self.computed:
            return 0
        return self._level[read.base] + (not self._shares(user, read))

    def _shares(self, user: Node, read: Read) -> bool:
        """Whether the value is at hand in the loop of its user, in a variable."""
        base = read.base
        if not is_mapped(base):
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


def result_place(node: Node) -> Place:
    """Where a sum or maximum is stored, in terms of the loops of its operand."""
    reduced, operand = reduced_axes(node), node.args[0]
    keep = node.code.keep
    return tuple(
        None if axis in reduced or size == 1 else axis
        for axis, size in enumerate(operand.shape) if keep or axis not in reduced
    )  # fmt: skip
