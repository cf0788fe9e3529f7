"""One loop over short rows as C: some rows side by side, each step for all of them at once.

In a short row a sum or maximum is no work for vectors: what adds up the parts of a vector takes
longer than the row. So LANES rows are copied, element j of all of them in one piece, and the
innermost loops run over the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from symbackprop.emit.c.ends import End
from symbackprop.emit.c.expressions import Real, Unsupported
from symbackprop.emit.c.groups import (
    Groups,
    Read,
    Space,
    is_mapped,
    iterated,
    own_place,
    reduced_axes,
)
from symbackprop.emit.c.names import (
    COUNT,
    FEWEST,
    FIRST,
    LANE,
    LANES,
    LOOPS,
    ROWS,
    Parameters,
)
from symbackprop.emit.c.places import ROW, Place, address
from symbackprop.emit.c.reductions import START, reduction
from symbackprop.emit.c.steps import INDENT, Steps, loop_over
from symbackprop.emit.fast.body import Body
from symbackprop.emit.fast.graph import Node
from symbackprop.emit.fast.stages import Loop

_BYTES = 128
"""In shorter rows it pays, in double and in float: python -m benchmarks speed softmax-ce."""


@dataclass(frozen=True)
class Side:
    """An array of rows side by side. axis: the other one, None in an array of one number a row."""

    name: str
    type: str
    axis: int | None = None
    size: str = ""

    @property
    def element(self) -> str:
        """The element at hand, of the row at hand."""
        start = "" if self.axis is None else f"{LOOPS[self.axis]} * {LANES} + "
        return f"{self.name}[{start}{LANE}]"


class Lanes(Steps):
    """Writes the work on rows `lo` to `hi`, with the parameters and ends of a kernel.

    lines: the declarations and the loop. condition: on the sizes for which it is meant. Raises
    Unsupported where rows have several axes or are long whatever the inputs, or where none is
    summed.
    """

    def __init__(
        self, loop: Loop, body: Body, real: Real, helpers: Mapping[str, str],
        parameters: Parameters, ends: Iterable[End],
    ) -> None:
        groups = Groups(loop, body.stored, short=True)
        super().__init__(body, real, helpers, groups, parameters)
        self._accumulators = {e.node: e.accumulator(parameters.size) for e in ends}
        spaces = [iterated(n) for n in (*groups.computed, *loop.ends)]
        if all(map(is_mapped, groups.computed)) or any(len(s) > 1 for s in spaces):
            raise Unsupported("rows that are not summed, or that are no vectors")
        self._wide = _BYTES // (4 if real.single else 8)
        sizes = dict.fromkeys(parameters.size(size) for s in spaces for _, size in s)
        if any(size.isdecimal() and int(size) >= self._wide for size in sizes):
            raise Unsupported("long rows")
        short = (f"{size} < {self._wide}" for size in sizes if not size.isdecimal())
        self.condition = " && ".join([f"hi - lo >= {FEWEST}", *short])
        self._inputs: dict[tuple[str, Place], tuple[Side, str]] = {}
        self._results = {n: self._side(n.name or "u", own_place(n), n.shape, self._type(n))
                         for n in self._in_memory()}  # fmt: skip
        self._sums = {n: Side(self.parameters.fresh("sums"), real.name)
                      for n in loop.ends if self._by_lanes(n)}  # fmt: skip
        self.lines = self._written()

    def _by_lanes(self, node: Node) -> bool:
        """Whether a sum or maximum takes in elements of a row before those of other rows."""
        return any(axis in reduced_axes(node) for axis, _ in iterated(node))

    def _in_memory(self) -> Iterator[Node]:
        """Sums and maxima of rows, what is stored, and what another loop inside the row reads."""
        read = {
            r.base for key, group in self._groups.ordered.items() for n in group
            for r in self._groups.reads(n) if r is not None and r.base in self._groups.computed
            and (self._is_behind(n) or self._groups.key(r.base) != key)
        }  # fmt: skip
        for node in self._groups.computed:
            if node in read or node in self._stored or not is_mapped(node):
                yield node

    def _is_behind(self, node: Node) -> bool:
        """Whether it is accumulated over the rows in a loop of its own."""
        return node in self._accumulators and not self._by_lanes(node)

    def _side(self, wish: str, place: Place, shape: Sequence[Expr], kind: str) -> Side:
        axes = [(axis, size) for axis, size in zip(place, shape, strict=True)
                if axis is not None and size != 1]  # fmt: skip
        behind = [(axis, self.parameters.size(size)) for axis, size in axes if axis != ROW]
        if len(axes) != len(behind) + 1 or len(behind) > 1:
            raise Unsupported("an array that has not one axis of the rows, and at most one other")
        return Side(self.parameters.fresh(f"{wish}_rows"), kind, *(behind[0] if behind else ()))

    # operands

    def _read(self, node: Node, read: Read) -> str:
        base = read.base
        if base in self._names:
            return self._names[base]
        if base in self._groups.computed:
            if read.place != own_place(base):
                raise Unsupported("other rows")
            return self._results[base].element
        name = self.parameters.read(str(self._body.shown(base)), base.dtype, base.shape)
        source = f"{name}[{address(read.place, base.shape, LOOPS, self.parameters.size)}]"
        if ROW not in read.place:
            return source
        if (name, read.place) not in self._inputs:
            kind = dict(self.parameters.inputs.values()).get(name)
            if kind is None:
                raise Unsupported("what is read is written too")
            kind = self._real.name if kind == "REAL" else kind
            side = self._side(name, read.place, base.shape, kind)
            self._inputs[name, read.place] = side, source
        return self._inputs[name, read.place][0].element

    def _kept(self, node: Node) -> str | None:
        return self._results[node].element if node in self._results else None

    def _lies_in_memory(self, node: Node) -> bool:
        return node in self._results

    # loops

    def _written(self) -> list[str]:
        work = [line for group in self._groups.ordered.values() for line in self._group(group)]
        taken = [line for side, source in self._inputs.values()
                 for line in _along(side, f"{side.element} = {source};")]  # fmt: skip
        given = [line for node, side in self._results.items() if node in self._stored
                 for line in _along(side, f"{self._target(node)} = {side.element};")]  # fmt: skip
        sides = [*(s for s, _ in self._inputs.values()), *self._results.values(),
                 *self._sums.values()]  # fmt: skip
        # Behind the last row it stands again, so that all loops have LANES rounds.
        again = f"{FIRST} + ({LANE} < {COUNT} ? {LANE} : {COUNT} - 1)"
        lines = [
            f"const ptrdiff_t {COUNT} = hi - {FIRST} < {LANES} ? hi - {FIRST} : {LANES};",
            *_copied(LANES, again, taken), *work, *_copied(COUNT, f"{FIRST} + {LANE}", given),
        ]  # fmt: skip
        return [
            f"enum {{ {LANES} = {ROWS} }};",
            *(f"{s.type} {s.name}[{LANES}{'' if s.axis is None else f' * {self._wide}'}];"
              for s in sides),
            f"for (ptrdiff_t {FIRST} = lo; {FIRST} < hi; {FIRST} += {LANES}) {{",
            *(INDENT + line for line in lines), "}",
        ]  # fmt: skip

    def _target(self, node: Node) -> str:
        """The element of the array in which a result is stored."""
        name = self.parameters.written(self._body.variable(node), node.dtype, node.shape)
        return f"{name}[{address(own_place(node), node.shape, LOOPS, self.parameters.size)}]"

    def _group(self, group: list[Node]) -> list[str]:
        """The loops of a group."""
        behind = [n for n in group if self._is_behind(n)]
        here = [n for n in group if n not in behind]
        space = iterated(group[0])
        self._enter(here)
        self._names = {}
        sides = {n: self._sums.get(n) or self._results[n] for n in here if not is_mapped(n)}
        starts = [f"{s.element} = {START[self._kind(n)]};" for n, s in sides.items()]
        steps: list[str] = []
        for node in here:
            if is_mapped(node):
                steps += self._mapped(node)
            else:
                lines, value = self._value(node)
                steps += [*lines, self._combined(node, sides[node].element, value)]
        found = [*_side_by_side(LANES, starts),
                 *self._over(space, _side_by_side(LANES, steps))]  # fmt: skip
        self._names = {}
        for node in here:
            if node in self._sums:
                found += self._accumulated(node, (), [], self._sums[node].element)
        for node in behind:
            self._enter([node])
            found += self._accumulated(node, space, *self._value(node))
        return found

    def _accumulated(
        self, node: Node, space: Space, lines: list[str], value: str
    ) -> list[str]:
        """What is taken into a sum or maximum over the rows."""
        target, kind = self._accumulators[node], self._kind(node)
        name = target if target.isidentifier() else self.parameters.fresh("u")
        steps = [*lines, self._combined(node, name, value)]
        inner = _side_by_side(COUNT, steps, reduction(kind, name))
        if name != target:
            inner = [f"{self._real.name} {name} = {START[kind]};", *inner,
                     self._combined(node, target, name)]  # fmt: skip
        return self._over(space, inner)

    def _over(self, space: Space, lines: list[str]) -> list[str]:
        """A loop along the rows around the lines."""
        if not space or not lines:
            return lines
        ((axis, size),) = space
        return loop_over(LOOPS[axis], self.parameters.size(size), lines)


def _side_by_side(end: str, lines: Sequence[str], clause: str = "") -> list[str]:
    return [f"#pragma omp simd{clause}", *loop_over(LANE, end, lines)] if lines else []


def _along(side: Side, statement: str) -> list[str]:
    return [statement] if side.axis is None else loop_over(LOOPS[side.axis], side.size, [statement])


def _copied(end: str, row: str, lines: Sequence[str]) -> list[str]:
    return loop_over(LANE, end, [f"const ptrdiff_t {LOOPS[ROW]} = {row};", *lines]) if lines else []
