"""What is computed by blocks of rows, in which loop, and what whole, between the loops.

A loop runs over the first axis. What it gives by rows (a map of rows, a reduction over another
axis) the same loop uses at once; what it accumulates (a reduction over the first axis), and what is
needed whole, is there when the loop has ended: one stage later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sympy import Expr

from symbackprop.emit.fast.graph import (
    FLOAT,
    GIVEN,
    MAP,
    REDUCE,
    TEXT,
    VIEW,
    Graph,
    Node,
    keeps_rows,
)

_CHEAP = frozenset({
    "add", "subtract", "multiply", "negative", "square", "maximum", "minimum", "greater", "less",
    "greater_equal", "less_equal", "equal", "not_equal", "astype", "where",
})  # fmt: skip
_DEPTH = 2


@dataclass(eq=False)
class Loop:
    """Blocks of rows over an axis of this size. steps: in order; ends: what it accumulates."""

    size: Expr
    stage: int
    steps: list[Node] = field(default_factory=list)
    ends: list[Node] = field(default_factory=list)

    def ready(self, end: Node) -> int:
        """The place of the first step behind all that is accumulated."""
        places = {n: place for place, n in enumerate(self.steps)}
        return max((places[a.base] + 1 for a in end.args if a.base in places), default=0)


class Stages:
    """The order of everything that the kept nodes need.

    items: nodes that are computed whole, and loops, in order. stored: nodes that are computed by
    rows and kept whole. nodes: all that is needed, operands first. kept: those handed on.
    by_blas: whether a matrix that is there whole, and that no loop reads, is multiplied with a
    vector whole.
    """

    def __init__(self, graph: Graph, kept: Iterable[Node], by_blas: bool = False) -> None:
        self._axes = graph.axes
        self._by_blas = by_blas
        self._stage: dict[Node, int] = {}
        self.stored: set[Node] = set()
        self.kept = tuple(dict.fromkeys(n.base for n in kept))
        self.nodes = needed(graph.nodes, self.kept)
        for node in self.nodes:
            self._stage[node] = max((self._bound(node, a) for a in node.args), default=0)
        before = -1
        while len(self.stored) != before:  # what is stored decides what is computed again
            before = len(self.stored)
            self._loops: dict[tuple[int, Expr], Loop] = {}
            self._done: set[tuple[Node, Loop | None]] = set()
            self._whole: dict[int, list[Node]] = {}
            for node in self.nodes:
                if not self.by_rows(node):
                    self._complete(node)
            for node in self.kept:
                self._complete(node)
        self.items = self._ordered()

    def by_rows(self, node: Node) -> bool:
        """Whether a node is computed in a loop, row by row."""
        if not node.shape or node.shape[0] not in self._axes:
            return False
        if node.kind == MAP:
            return True
        if node.kind == REDUCE:
            return 0 not in node.code.axes
        if node.kind == VIEW:
            return keeps_rows(node) and self.by_rows(node.args[0])
        return is_product_with_vector(node) and (
            not self._by_blas or self.by_rows(node.args[0]) or _is_read_by_rows(node)
        )

    def accumulated(self, node: Node) -> bool:
        """Whether a node is a reduction over the rows of a loop."""
        return (node.kind == REDUCE and 0 in node.code.axes
                and node.args[0].shape[0] in self._axes)  # fmt: skip

    def stage(self, node: Node) -> int:
        """The loop in which a node is computed, or before which, if it is computed whole."""
        return self._stage[node]

    def _bound(self, user: Node, arg: Node) -> int:
        if arg.kind in (GIVEN, TEXT):
            return 0
        rows = self.by_rows(user) or self.accumulated(user)
        if rows and reads_rows(user, arg) and self.by_rows(arg):
            return self.stage(arg)
        return self.stage(arg) + (self.by_rows(arg) or self.accumulated(arg))

    def _complete(self, node: Node) -> None:
        """Have a node whole, at its stage."""
        if node.kind in (GIVEN, TEXT):
            return
        if self.by_rows(node):
            self.stored.add(node.base)
            self._rows(node, self._loop(node.base.shape[0], self.stage(node)))
            return
        if (node, None) in self._done:
            return
        self._done.add((node, None))
        if self.accumulated(node):
            loop = self._loop(node.args[0].shape[0], self.stage(node))
            self._read(node, loop)
            loop.ends.append(node)
            return
        for a in node.args:
            self._complete(a)
        self._whole.setdefault(self.stage(node), []).append(node)

    def _loop(self, size: Expr, stage: int) -> Loop:
        return self._loops.setdefault((stage, size), Loop(size, stage))

    def _read(self, user: Node, loop: Loop) -> None:
        for a in user.args:
            if reads_rows(user, a) and self.by_rows(a):
                self._rows(a, loop)
            else:
                self._complete(a)

    def _rows(self, node: Node, loop: Loop) -> None:
        """Have the rows of a node in a loop: computed, computed again, or read."""
        if (node, loop) in self._done:
            return
        self._done.add((node, loop))
        earlier = self.stage(node) < loop.stage and node.kind != VIEW
        if earlier and (node in self.stored or not self._cheap(node, _DEPTH)):
            self._complete(node)
            return
        self._read(node, loop)
        loop.steps.append(node)

    def _cheap(self, node: Node, depth: int) -> bool:
        """Whether computing the rows again is better than keeping them."""
        if node.kind == VIEW:
            return self._cheap(node.args[0], depth)
        if not self.by_rows(node) or node in self.stored:
            return True
        if node.kind != MAP or node.ufunc not in _CHEAP or not depth:
            return False
        return all(self._cheap(a, depth - 1) for a in node.args if reads_rows(node, a))

    def _ordered(self) -> list[Node | Loop]:
        for loop in self._loops.values():
            loop.steps = _late(loop.steps)
        last = max([*self._whole, *(stage for stage, _ in self._loops)], default=-1)
        found: list[Node | Loop] = []
        for stage in range(last + 1):
            found += self._whole.get(stage, [])
            found += [loop for (s, _), loop in self._loops.items() if s == stage]
        return found


def _late(steps: Sequence[Node]) -> list[Node]:
    """Steps with the sums of rows that are there right before what needs them.

    By then another step has brought those rows into the cache, which does so faster than BLAS.
    """
    early = [n for n in steps if n.kind != REDUCE or any(a in steps for a in n.args)]
    for node in reversed([n for n in steps if n not in early]):
        places = [place for place, n in enumerate(early) if node in n.args]
        early.insert(min(places, default=len(early)), node)
    return early


def needed(nodes: Iterable[Node], kept: Iterable[Node]) -> list[Node]:
    """Those of the nodes that the kept ones are made of, in order."""
    found: set[Node] = set()
    stack = list(kept)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(node.args)
    return [n for n in nodes if n in found]


def reads_rows(user: Node, arg: Node) -> bool:
    """Whether a block of rows of the user needs the same rows of the argument, and no others."""
    if not arg.shape or arg.kind == TEXT:
        return False
    if user.kind == MAP:
        return arg.rank == user.rank and arg.shape[0] == user.shape[0]
    return user.kind == REDUCE or arg is user.args[0]


def _is_read_by_rows(product: Node) -> bool:
    """Whether something that need not wait for it reads the rows of its matrix too."""
    matrix = product.args[0]
    readers = (u for u in matrix.users if u.kind in (MAP, REDUCE) and reads_rows(u, matrix))
    return any(product not in needed([product], [u]) for u in readers)


def is_product_with_vector(node: Node) -> bool:
    """Whether it is X @ w for a matrix and a vector of floats."""
    return node.code.op == "@" and node.dtype == FLOAT and (
        [a.rank for a in node.args] == [2, 1] and all(a.dtype == FLOAT for a in node.args)
    )

