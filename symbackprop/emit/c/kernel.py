"""One loop over rows as C: what is computed for the rows from `lo` to `hi`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sympy import Expr

from symbackprop.emit.c.ahead import (
    LONG_PART,
    PART,
    READ,
    READ_LATER,
    ROW_PART,
    STREAMS,
    WRITTEN,
    around,
    beside,
    in_parts,
    read_before,
    while_fetching,
)
from symbackprop.emit.c.ends import End
from symbackprop.emit.c.expressions import Real, expression
from symbackprop.emit.c.groups import (
    Groups,
    Read,
    Space,
    is_mapped,
    iterated,
    own_place,
    reduced_axes,
    result_place,
)
from symbackprop.emit.c.names import FIRST, LAST, LOOPS, TILE, Parameters
from symbackprop.emit.c.places import ROW, Place, address, place_of
from symbackprop.emit.c.reductions import NUMBERS, START, reduction, without_nan
from symbackprop.emit.c.steps import INDENT, Steps, loop_over
from symbackprop.emit.fast.body import Body
from symbackprop.emit.fast.graph import Node
from symbackprop.emit.fast.stages import Loop

_FEW_ROUNDS = 8


class Kernel(Steps):
    """Writes the work on rows `lo` to `hi`, row by row.

    lines: the declarations and the loop. buffers: the arrays of one row each, or of a `tile` of
    rows each where `tiled`, in `work`. long: whether it is meant for long rows alone, which is
    another kernel where it `has_functions`. far: whether for arrays in memory alone, which is
    another one where a loop `waits` for them. parameters: those of the other. Raises Unsupported.
    """

    def __init__(
        self, loop: Loop, body: Body, real: Real, helpers: Mapping[str, str],
        parameters: Parameters, *, long: bool = False, far: bool = False,
    ) -> None:  # fmt: skip
        groups = Groups(loop, body.stored, long=long)
        super().__init__(body, real, helpers, groups, parameters)
        self.has_functions = bool(groups.functions)
        self.waits = not groups.functions and any(
            any(around(groups, body.stored, key, iterated(group[0])))
            for key, group in groups.ordered.items()
        )
        self._far = far
        self.buffers: list[tuple[str, tuple[Expr, ...]]] = []
        self._memory: dict[Node, tuple[str, Place, tuple[Expr, ...]]] = {}
        self._nan: dict[Node, str] = {}
        self._fetching, self._long = False, long
        self.tiled = bool(self._groups.apart)
        self._count = self.parameters.size(loop.size)
        for node in (*self._groups.computed, *loop.ends):
            for _, size in iterated(node):
                self.parameters.size(size)
        for node in self._groups.computed:
            self._place_in_memory(node)
        self.ends = [self._end(node) for node in loop.ends]
        self._accumulators = {e.node: e for e in self.ends}
        self.lines = self._written(loop)

    # what is kept where

    def _place_in_memory(self, node: Node) -> None:
        place = own_place(node)
        if node in self._stored:
            name = self.parameters.written(self._body.variable(node), node.dtype, node.shape)
            self._memory[node] = name, place, node.shape
        elif node in self._groups.in_place:
            other = self._groups.in_place[node]
            if other not in self._memory:
                self._place_in_memory(other)
            self._memory[node] = self._memory[other]
        elif node in self._groups.needs_memory:
            name = self.parameters.fresh(f"{node.name}_row" if node.name else "row")
            self.buffers.append((name, node.shape[1:]))
            self._memory[node] = name, place, node.shape

    def _end(self, node: Node) -> End:
        name = self.parameters.written(self._body.variable(node), node.dtype, node.shape)
        return End(node, name, node.ufunc, tuple(s for s in node.shape if s != 1))

    def _target(self, node: Node) -> str:
        name, place, shape = self._memory[node]
        return self._element(name, place, shape)

    def _element(self, name: str, place: Place, shape: tuple[Expr, ...]) -> str:
        """An element of an array, or of one that holds the rows at hand alone."""
        loops: Sequence[str] = LOOPS
        if name in dict(self.buffers):
            if self.tiled:
                loops = (f"{LOOPS[0]} - {FIRST}", *LOOPS[1:])
            else:
                place, shape = place[1:], shape[1:]
        return f"{name}[{address(place, shape, loops, self.parameters.size)}]"

    # operands

    def _read(self, node: Node, read: Read) -> str:
        base = read.base
        if base in self._names and (base not in self._memory or self._at_hand(node, read)):
            return self._names[base]
        if base in self._memory:
            return self._element(self._memory[base][0], read.place, base.shape)
        name = self.parameters.read(str(self._body.shown(base)), base.dtype, base.shape)
        return f"{name}[{address(read.place, base.shape, LOOPS, self.parameters.size)}]"

    def _lies_in_memory(self, node: Node) -> bool:
        return node in self._memory

    def _kept(self, node: Node) -> str | None:
        kept = node in self._memory and self._groups.key(node) == self._key
        return self._target(node) if kept else None

    def _at_hand(self, node: Node, read: Read) -> bool:
        base = read.base
        own = iterated(base) if is_mapped(base) else result_place(base)[1:]
        if any(own):
            return (is_mapped(base) and base in self._here and own == iterated(node)
                    and read.place == place_of(base))  # fmt: skip
        return self._groups.sweep(self._groups.key(base)) == self._groups.sweep(self._key)

    # loops

    def _written(self, loop: Loop) -> list[str]:
        groups = self._groups.ordered
        flat = all(not iterated(n) for group in groups.values() for n in group)
        lines: list[str] = []
        rows: list[str] = []
        for key, group in groups.items():
            self._key = key
            if not key.apart:
                rows += self._group(group, iterated(group[0]))
                continue
            lines += [*self._rows(FIRST, LAST, rows), *self._apart(group)]
            rows = []
        if not self.tiled:
            pragma = [self._pragma(self.ends)] if flat else []
            return [*pragma, *self._rows("lo", "hi", rows)]
        lines += self._rows(FIRST, LAST, rows)
        return [f"for (ptrdiff_t {FIRST} = lo; {FIRST} < hi; {FIRST} += {TILE}) {{",
                f"{INDENT}const ptrdiff_t {LAST} = {FIRST} + {TILE} < hi ? {FIRST} + {TILE} : hi;",
                *(f"{INDENT}{line}" for line in lines), "}"]  # fmt: skip

    def _rows(self, first: str, last: str, lines: Sequence[str]) -> list[str]:
        if not lines:
            return []
        return loop_over(LOOPS[0], last, lines, first)

    def _apart(self, group: list[Node]) -> list[str]:
        """The loops over all elements of the rows at hand, one for each step.

        While the first is at work, memory is idle, and arrays that come next are fetched from it.
        """
        lines: list[str] = []
        for node in group:
            sizes = [self.parameters.size(size) for _, size in iterated(node)]
            count = " * ".join([f"({LAST} - {FIRST})", *sizes])
            (read,) = self._groups.reads(node)
            assert read is not None
            value = expression(node, [self._flat(read.base, sizes)], self._real, self._helpers)
            work = f"{INDENT}{self._flat(node, sizes)} = {value};"

            def loop(start: str, stop: str, work: str = work) -> list[str]:
                return ["#pragma omp simd", f"for (ptrdiff_t e = {start}; e < {stop}; e++)", work]

            fetched = self._next_rows(node, sizes)
            lines += self._while_fetching(fetched, loop, count, sizes, PART)
        return lines

    def _while_fetching(
        self, fetched: list[str], loop: Callable[[str, str], list[str]], count: str,
        sizes: Sequence[str], part: int,
    ) -> list[str]:  # fmt: skip
        self._fetching |= bool(fetched)
        real = self._real.name
        if self._far:
            return in_parts(fetched, loop, count, ROW_PART // self._real.size, real)
        far = " * ".join([self._count, *sizes, f"(ptrdiff_t)sizeof({real})"])
        return while_fetching(fetched, loop, count, far, part=part, real=real)

    def _next_rows(self, step: Node, sizes: Sequence[str]) -> list[str]:
        """The next rows of what is read, and these rows of what is written behind a step."""
        if not sizes or self._fetching:
            return []
        here, ahead = (" * ".join([row, *sizes]) for row in (FIRST, LAST))
        read, written = beside(self._groups, self._stored, self._key, step)
        found = {self._given(base): f"[{ahead} + e], {READ}" for base in read}
        for node in written:
            found.setdefault(self._memory[node][0], f"[{here} + e], {WRITTEN}")
        return [f"&{name}{place}" for name, place in found.items()][:STREAMS]

    def _next_row(self, group: list[Node], space: Space) -> list[str]:
        """The next one of what an earlier loop over a long row has read."""
        if self._far:
            return self._around(space)
        if not self._long or self._fetching or self._groups.functions.isdisjoint(group):
            return []
        ((axis, size),) = space
        start = f"({LOOPS[ROW]} + 1) * {self.parameters.size(size)}"
        read = read_before(self._groups, self._key, axis, size)
        return [f"&{self._given(base)}[{start} + e], {READ}" for base in read][:STREAMS]

    def _around(self, space: Space) -> list[str]:
        """The next row of what is read, and this one of results."""
        row, size = LOOPS[ROW], self.parameters.size(space[0][1])
        read, written = around(self._groups, self._stored, self._key, space)
        found = [f"{self._given(x)}[({row} + 1) * {size} + e], {READ_LATER}" for x in read]
        found += [f"{self._memory[n][0]}[{row} * {size} + e], {WRITTEN}" for n in written]
        return [f"&{place}" for place in found][:STREAMS]

    def _given(self, base: Node) -> str:
        return self.parameters.read(str(self._body.shown(base)), base.dtype, base.shape)

    def _flat(self, node: Node, sizes: Sequence[str]) -> str:
        """Element e of the rows at hand. sizes: the axes of a row."""
        name = self._memory[node][0]
        start = "" if name in dict(self.buffers) else " * ".join([FIRST, *sizes]) + " + "
        return f"{name}[{start}e]"

    def _pragma(self, items: Sequence[End | Node]) -> str:
        text = "#pragma omp simd"
        for item in items:
            node = item.node if isinstance(item, End) else item
            name = f"{item.name}_sum" if isinstance(item, End) else self._names[node]
            text += reduction(self._kind(node), name, self._nan.get(node, ""))
        return text

    def _group(self, group: list[Node], space: Space) -> list[str]:
        """The loops of a group."""
        self._enter(group)
        axes = [axis for axis, _ in space]
        depths = {n: self._depth(n, axes) for n in group if not is_mapped(n)}
        lines: list[str] = []
        for node, depth in depths.items():
            if node not in self._accumulators and (depth == len(axes) or self._partly(node, axes)):
                lines += self._started(node, axes) if axes else []
        return lines + self._nest(group, space, depths, 0)

    def _depth(self, node: Node, axes: list[int]) -> int:
        """How many loops are around the accumulator: those up to the last axis that stays."""
        left = [n for n, axis in enumerate(axes, 1) if axis not in reduced_axes(node)]
        return max(left, default=0)

    def _partly(self, node: Node, axes: list[int]) -> bool:
        """Whether an axis that is summed over is outside one that stays."""
        inside = axes[: self._depth(node, axes)]
        return any(axis in reduced_axes(node) for axis in inside)

    def _started(self, node: Node, axes: list[int]) -> list[str]:
        """The loops that set the place of a result to its first value."""
        lines, indent = [], ""
        for axis, size in iterated(node):
            if axis not in reduced_axes(node):
                name = LOOPS[axis]
                end = self.parameters.size(size)
                lines.append(f"{indent}for (ptrdiff_t {name} = 0; {name} < {end}; {name}++)")
                indent += INDENT
        return [*lines, f"{indent}{self._target(node)} = {START[self._kind(node)]};"]

    def _nest(
        self, group: list[Node], space: Space, depths: dict[Node, int], depth: int
    ) -> list[str]:
        inner = depth == len(space)
        lines = []
        ending = [n for n, d in depths.items() if d == depth and not inner]
        for node in ending:
            name = self._names[node] = self.parameters.fresh(node.name or "u")
            lines.append(f"{self._real.name} {name} = {START[self._kind(node)]};")
            if self._kind(node) in NUMBERS and not _is_few(space[-1][1]):
                self._nan[node] = self.parameters.fresh(f"{name}_nan")
                lines.append(f"{self._real.name} {self._nan[node]} = 0;")
        if inner:
            return lines + [line for n in group for line in self._step(n, depths.get(n, -1), depth)]
        axis, size = space[depth]
        name, end = LOOPS[axis], self.parameters.size(size)
        sums = [n for n, d in depths.items() if d < len(space)]
        ahead: list[str] = []
        pragma: list[str] = []
        if depth == len(space) - 1 and not (sums and _is_few(size)):
            pragma = [self._pragma(sums)]
            ahead = self._next_row(group, space) if not depth else []
        work = self._nest(group, space, depths, depth + 1)

        def loop(start: str, stop: str) -> list[str]:
            return pragma + loop_over(name, stop, work, start)

        lines += self._while_fetching(ahead, loop, end, [end], LONG_PART)
        for node in ending:
            lines += self._finished(node, [a for a, _ in space])
        return lines

    def _finished(self, node: Node, axes: list[int]) -> list[str]:
        """What becomes of an accumulator behind its loops."""
        name, nan = self._names[node], self._nan.get(node)
        lines = [f"if ({nan} != {nan}) {name} = {nan};"] if nan else []
        if node in self._accumulators:
            return [*lines, self._combined(node, self._ending(node), name)]
        if node not in self._memory:
            return lines
        if self._partly(node, axes):
            return [*lines, self._combined(node, self._target(node), name)]
        return [*lines, f"{self._target(node)} = {name};"]

    def _ending(self, node: Node) -> str:
        return self._accumulators[node].accumulator(self.parameters.size)

    def _step(self, node: Node, around: int, depth: int) -> list[str]:
        """The lines of a step in the innermost loop."""
        return self._mapped(node) if is_mapped(node) else self._accumulated(node, around == depth)

    def _accumulated(self, node: Node, innermost: bool) -> list[str]:
        lines, value = self._value(node)
        if not innermost:
            name, nan = self._names[node], self._nan.get(node)
            if nan:
                return [*lines, *without_nan(self._kind(node), name, value, nan)]
            return [*lines, self._combined(node, name, value)]
        if node in self._accumulators:
            return [*lines, self._combined(node, self._ending(node), value)]
        if iterated(node):
            return [*lines, self._combined(node, self._target(node), value)]
        name = self._names[node] = self.parameters.fresh(node.name or "u")
        lines.append(f"const {self._real.name} {name} = {value};")
        return [*lines, f"{self._target(node)} = {name};"] if node in self._memory else lines


def _is_few(size: Expr) -> bool:
    """Whether a loop has so few rounds, known here, that it is no work for vectors."""
    return bool(size.is_Integer) and int(size) < _FEW_ROUNDS
