"""One loop over rows as C: what is computed for the rows from `lo` to `hi`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from symbackprop.emit.c.expressions import Real, bracketed, expression, repeats
from symbackprop.emit.c.groups import (
    Groups,
    Read,
    Space,
    is_mapped,
    is_matrix_product,
    iterated,
    reduced_axes,
    result_place,
)
from symbackprop.emit.c.names import EXACT, FIRST, LAST, LOOPS, TILE, Parameters
from symbackprop.emit.c.places import Place, address, place_of
from symbackprop.emit.fast.body import Body
from symbackprop.emit.fast.graph import BOOL, OTHER, Node
from symbackprop.emit.fast.stages import Loop

_INDENT = "    "
_COMBINED = {"sum": "{0} += {1}", "dot": "{0} += {1}",
             "max": "{0} = ({1} > {0} || {1} != {1}) ? {1} : {0}",
             "min": "{0} = ({1} < {0} || {1} != {1}) ? {1} : {0}"}  # fmt: skip
START = {"sum": "0", "dot": "0", "max": "-INFINITY", "min": "INFINITY"}


def combined(kind: str, target: str, value: str) -> str:
    """The statement that takes a value into a sum or a maximum."""
    return _COMBINED[kind].format(target, value) + ";"


@dataclass(frozen=True)
class End:
    """What is accumulated over the rows. shape: of the parts that chunks of rows give."""

    node: Node
    name: str
    kind: str
    shape: tuple[Expr, ...]


class Kernel:
    """Writes the work on rows `lo` to `hi`. helpers: functions of the module, by what they compute.

    lines: the declarations and the loop. buffers: the arrays of one row each, or of a `tile` of
    rows each where `tiled`, in `work`. Raises Unsupported.
    """

    def __init__(self, loop: Loop, body: Body, real: Real, helpers: Mapping[str, str]) -> None:
        self._body, self._real, self._helpers = body, real, helpers
        self._groups = Groups(loop, body.stored)
        self.parameters = Parameters(body.number)
        self.buffers: list[tuple[str, tuple[Expr, ...]]] = []
        self._stored = body.stored
        self._names: dict[Node, str] = {}
        self._memory: dict[Node, tuple[str, Place, tuple[Expr, ...]]] = {}
        self._loads: dict[Read, str] = {}
        self.tiled = bool(self._groups.apart)
        self.parameters.size(loop.size)
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
        place = place_of(node) if is_mapped(node) else result_place(node)
        if node in self._stored:
            name = self.parameters.written(self._body.variable(node), node.dtype, node.shape)
            self._memory[node] = name, place, node.shape
        elif node in self._groups.in_place:
            self._memory[node] = self._memory[self._groups.in_place[node]]
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

    def _operand(self, node: Node, arg: Node, read: Read | None) -> str:
        if read is None:
            code = str(self._body.shown(arg))
            if code in self.parameters.sizes:
                return f"({self._real.name}){self.parameters.sizes[code]}"
            return self._real.literal(code) or self.parameters.scalar(code)
        base = read.base
        if base in self._names and (base not in self._memory or self._at_hand(node, read)):
            return self._names[base]
        if base in self._memory:
            return self._element(self._memory[base][0], read.place, base.shape)
        name = self.parameters.read(str(self._body.shown(base)), base.dtype, base.shape)
        return f"{name}[{address(read.place, base.shape, LOOPS, self.parameters.size)}]"

    def _at_hand(self, node: Node, read: Read) -> bool:
        base = read.base
        own = iterated(base) if is_mapped(base) else result_place(base)[1:]
        if any(own):
            return (is_mapped(base) and base in self._here and own == iterated(node)
                    and read.place == place_of(base))  # fmt: skip
        return self._groups.sweep(self._groups.key(base)) == self._groups.sweep(self._key)

    def _operands(self, node: Node) -> tuple[list[str], list[str]]:
        """The lines that declare operands, and the operands."""
        lines: list[str] = []
        found = []
        careful = repeats(node) or node.ufunc == "where"
        for arg, read in zip(node.args, self._groups.reads(node), strict=True):
            text = self._operand(node, arg, read)
            if careful and read is not None and not text.isidentifier():
                text = self._loads.get(read) or self._declared(lines, read, text)
            found.append(text)
        return lines, found

    def _declared(self, lines: list[str], read: Read, text: str) -> str:
        name = self.parameters.fresh(f"{read.base.name or 'u'}_")
        lines.append(f"const {self._type(read.base)} {name} = {text};")
        self._loads[read] = name
        return name

    def _type(self, node: Node) -> str:
        return {BOOL: "int", OTHER: EXACT}.get(node.dtype, self._real.name)

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
                f"{_INDENT}const ptrdiff_t {LAST} = {FIRST} + {TILE} < hi ? {FIRST} + {TILE} : hi;",
                *(f"{_INDENT}{line}" for line in lines), "}"]  # fmt: skip

    def _rows(self, first: str, last: str, lines: Sequence[str]) -> list[str]:
        if not lines:
            return []
        row = LOOPS[0]
        return [f"for (ptrdiff_t {row} = {first}; {row} < {last}; {row}++) {{",
                *(f"{_INDENT}{line}" for line in lines), "}"]  # fmt: skip

    def _apart(self, group: list[Node]) -> list[str]:
        """The loops over all elements of the rows at hand, one for each step."""
        lines = []
        for node in group:
            sizes = [self.parameters.size(size) for _, size in iterated(node)]
            count = " * ".join([f"({LAST} - {FIRST})", *sizes])
            (read,) = self._groups.reads(node)
            assert read is not None
            value = expression(node, [self._flat(read.base, sizes)], self._real, self._helpers)
            lines += [
                "#pragma omp simd",
                f"for (ptrdiff_t e = 0; e < {count}; e++)",
                f"{_INDENT}{self._flat(node, sizes)} = {value};",
            ]
        return lines

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
            kind = self._kind(node)
            sign = "+" if kind in ("sum", "dot") else f"nan{kind}"
            text += f" reduction({sign} : {name})"
        return text

    def _kind(self, node: Node) -> str:
        return "dot" if is_matrix_product(node) else node.ufunc

    def _group(self, group: list[Node], space: Space) -> list[str]:
        """The loops of a group."""
        self._here = set(group)
        self._loads = {}
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
                indent += _INDENT
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
        if inner:
            return lines + [line for n in group for line in self._step(n, depths.get(n, -1), depth)]
        axis, size = space[depth]
        name, end = LOOPS[axis], self.parameters.size(size)
        if depth == len(space) - 1:
            lines.append(self._pragma([n for n, d in depths.items() if d < len(space)]))
        lines.append(f"for (ptrdiff_t {name} = 0; {name} < {end}; {name}++) {{")
        lines += [_INDENT + line for line in self._nest(group, space, depths, depth + 1)]
        lines.append("}")
        for node in ending:
            lines += self._finished(node, [a for a, _ in space])
        return lines

    def _finished(self, node: Node, axes: list[int]) -> list[str]:
        """What becomes of an accumulator behind its loops."""
        name = self._names[node]
        if node in self._accumulators:
            return [self._combined(node, self._ending(node), name)]
        if node not in self._memory:
            return []
        if self._partly(node, axes):
            return [self._combined(node, self._target(node), name)]
        return [f"{self._target(node)} = {name};"]

    def _combined(self, node: Node, target: str, value: str) -> str:
        return combined(self._kind(node), target, value)

    def _ending(self, node: Node) -> str:
        """The accumulator of what is summed over rows: a number, or an element of an array."""
        end = self._accumulators[node]
        if not end.shape:
            return f"{end.name}_sum"
        pairs = [(p, s) for p, s in zip(result_place(node), node.shape, strict=True) if s != 1]
        place, shape = tuple(p for p, _ in pairs), tuple(s for _, s in pairs)
        return f"{end.name}[{address(place, shape, LOOPS, self.parameters.size)}]"

    def _step(self, node: Node, around: int, depth: int) -> list[str]:
        """The lines of a step in the innermost loop."""
        lines, operands = self._operands(node)
        if not is_mapped(node):
            return lines + self._accumulated(node, operands, around == depth)
        value = expression(node, operands, self._real, self._helpers)
        if self._inlined(node):
            self._names[node] = value
            return lines
        kept = node in self._memory and self._groups.key(node) == self._key
        if kept and not self._used_here(node):
            self._names[node] = self._target(node)
            return [*lines, f"{self._target(node)} = {value};"]
        name = self._names[node] = self.parameters.fresh(node.name or "u")
        lines.append(f"const {self._type(node)} {name} = {value};")
        return [*lines, f"{self._target(node)} = {name};"] if kept else lines

    def _inlined(self, node: Node) -> bool:
        """Whether a value is written where it is used, once."""
        if node.name or node in self._memory or self._groups.uses(node) != 1:
            return False
        users = [u for u in self._here if any(
            r is not None and r.base is node for r in self._groups.reads(u))]  # fmt: skip
        return bool(users) and not repeats(users[0]) and users[0].ufunc != "where"

    def _used_here(self, node: Node) -> bool:
        return any(r is not None and r.base is node for u in self._here
                   for r in self._groups.reads(u))  # fmt: skip

    def _accumulated(self, node: Node, operands: list[str], innermost: bool) -> list[str]:
        lines: list[str] = []
        value = operands[0]
        if self._kind(node) == "dot":
            value = " * ".join(map(bracketed, operands))
        elif not value.isidentifier() and self._kind(node) != "sum":
            name = self.parameters.fresh("x")
            lines, value = [f"const {self._real.name} {name} = {value};"], name
        if not innermost:
            return [*lines, self._combined(node, self._names[node], value)]
        if node in self._accumulators:
            return [*lines, self._combined(node, self._ending(node), value)]
        if iterated(node):
            return [*lines, self._combined(node, self._target(node), value)]
        name = self._names[node] = self.parameters.fresh(node.name or "u")
        lines.append(f"const {self._real.name} {name} = {value};")
        return [*lines, f"{self._target(node)} = {name};"] if node in self._memory else lines
