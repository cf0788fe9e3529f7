"""The lines of one loop over blocks of rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from sympy import Expr

from symbackprop.emit.fast.buffers import Buffers, Key, row_shapes
from symbackprop.emit.fast.graph import MAP, REDUCE, VIEW, Node
from symbackprop.emit.fast.quotients import divided_by
from symbackprop.emit.fast.rewrites import BEYOND, BEYOND_CAP, CAPPED_EXP, OVERWRITES
from symbackprop.emit.fast.splits import DIVIDED, WEIGHTED
from symbackprop.emit.fast.stages import Loop, reads_rows
from symbackprop.emit.numpy.code import Code, atom

if TYPE_CHECKING:
    from symbackprop.emit.fast.body import Body

_LETTERS = "ijklmnopqrst"
_UNARY = frozenset({"square", "reciprocal"})


class Block:
    """Writes a loop. body: the function that it stands in."""

    def __init__(self, loop: Loop, body: Body) -> None:
        self._loop = loop
        self._body = body
        self._np = body.np
        self._buffers = Buffers(loop, body.stored)
        self._slices: dict[str, str] = {}
        self._aliases: dict[Node, str] = {}
        self._beyond: dict[Node, str] = {}
        self._computed = {n for n in loop.steps if n.kind != VIEW}
        self._views = {n for n in loop.steps if n.kind == VIEW}
        counted: dict[Key, int] = {}
        self._names = []
        for key in self._buffers.keys:
            self._names.append(body.buffer(key, counted.get(key, 0)))
            counted[key] = counted.get(key, 0) + 1

    def lines(self) -> list[str]:
        """Buffers, and the loop."""
        size = self._body.number(self._loop.size)
        lo, hi, step = map(self._body.counter, ("lo", "hi", "step"))
        several = f"{step} < {size}"
        work = self._work(several)
        # One block is the arrays themselves: slices of small ones take as long as a sum.
        whole = [f"{short} = {full}" for full, short in self._slices.items()]
        inner = [f"{short} = {full}[{lo}:{hi}]" for full, short in self._slices.items()]
        if self._names:
            inner.append(f"if {hi} - {lo} < {step}:")
            inner += [f"    {n} = {n}[: {hi} - {lo}]" for n in self._names]
        end = [f"{hi} = min({lo} + {step}, {size})"]
        if not any(hi in re.findall(r"\w+", line) for line in work):
            end, inner = [], [*end, *inner]
        guarded = [f"if {several}:", *(f"    {line}" for line in inner)] if inner else []
        starts = [line for n in self._loop.ends for line in self._start(n)]
        loop = [f"for {lo} in range(0, {size}, {step}):",
                *(f"    {line}" for line in (*end, *guarded, *work))]  # fmt: skip
        return [
            *self._body.set_once(step, f"{self._body.names['rows']}({size}, {self._width()})"),
            *self._memory(step, several),
            *starts,
            *whole,
            *self._buffered(loop),
        ]

    def _memory(self, step: str, several: str) -> list[str]:
        """The buffers. A result may lend its memory where there are not several blocks."""
        lent = {x.number: self._body.variable(x.result) for x in self._body.loans
                if x.earlier is self._loop}  # fmt: skip
        lines = []
        for number, (shape, dtype) in enumerate(self._buffers.keys):
            name = self._names[number]
            code = self._body.scratch(name, (step, *map(self._number, shape)), dtype)
            if number in lent:
                lines += [f"{name} = {lent[number]}", f"if {several}:", f"    {name} = {code}"]
            else:
                lines.append(f"{name} = {code}")
        return lines

    def _work(self, several: str) -> list[str]:
        """What is computed by rows, and added as soon as it is there: then it is in the cache.

        several: whether there are several blocks.
        """
        again = {n for x in self._body.loans if x.later is self._loop for n in x.again}
        ready = {end: self._loop.ready(end) for end in self._loop.ends}
        work: list[tuple[bool, list[str]]] = []
        for place, node in enumerate([*self._loop.steps, None]):
            work += [(False, self._added(end)) for end in ready if ready[end] == place]
            if node is not None and node.kind != VIEW:
                work.append((node in again, self._step(node)))
        lines = []
        for known, parts in groupby(work, lambda part: part[0]):
            lines += [f"if {several}:"] if known else []
            lines += ["    " * known + line for _, part in parts for line in part]
        return lines

    def _buffered(self, loop: list[str]) -> list[str]:
        """The loop with NumPy's own buffers no longer than a row, where that is faster.

        An operation with an operand that is repeated along rows or columns goes through them.
        """
        widths = {n.shape[-1] for n in self._computed if n.kind == MAP and n.rank > 1
                  and any(a.shape and a.shape != n.shape for a in n.args)}  # fmt: skip
        width = self._number(next(iter(widths))) if len(widths) == 1 else ""
        if not width.isidentifier():
            return loop
        old, np = self._body.counter("buffer"), self._np
        size = self._number(self._loop.size)
        return [
            f"{old} = {np}.setbufsize(256) if 256 <= {width} <= 8192 and {size} > 8 else 0",
            "try:",
            *(f"    {line}" for line in loop),
            "finally:",
            f"    if {old}:",
            f"        {np}.setbufsize({old})",
        ]

    def _number(self, size: Expr) -> str:
        return self._body.number(size)

    def _width(self) -> str:
        """The bytes of a row of the widest array."""
        widths = dict.fromkeys(
            " * ".join(_factor(self._number(s)) for s in shape)
            for shape in sorted(row_shapes(self._loop), key=str)
        )
        wide = [w for w in widths if w]
        item = f"{self._body.dtype}.itemsize"
        if not wide:
            return item
        widest = wide[0] if len(wide) == 1 else f"max({', '.join(wide)})"
        return f"{widest} * {item}"

    def shown(self, user: Node, node: Node) -> Code:
        """The code of an operand: its block of rows, or all of it."""
        if not reads_rows(user, node):
            return self._body.shown(node)
        return self._rows(node)

    def _rows(self, node: Node) -> Code:
        if node in self._body.shifts:
            return atom(self._body.variable(node), node.shape)
        if node in self._computed:
            return atom(self._aliases.get(node) or self._place(node), node.shape)
        if node in self._views:
            return replace(node.code, args=(self._rows(node.args[0]),))
        whole = self._body.shown(node)
        return atom(self._sliced(str(whole)), node.shape)

    def _sliced(self, name: str) -> str:
        """The variable for a block of rows of an array."""
        return self._slices.setdefault(name, self._body.sliced(name))

    def _place(self, node: Node) -> str:
        """The array that a step writes to."""
        place = self._buffers.place(node)
        if isinstance(place, int):
            return self._names[place]
        return self._sliced(self._body.variable(place))

    def _operands(self, node: Node) -> list[str]:
        return [str(self.shown(node, a)) for a in node.args]

    def _step(self, node: Node) -> list[str]:
        out, operands, np = self._place(node), self._operands(node), self._np
        if node.kind == REDUCE:
            return self._reduced(node, out, operands)
        if node.kind != MAP:
            return [f"{np}.matmul({operands[0]}, {operands[1]}, out={out})"]
        if node.ufunc == "subtract" and node.args[1] in self._body.shifts:
            return self._shifted(node, out, operands)
        if node.ufunc == "where":
            mask, u, v = operands
            if v in ("0", "0.0"):
                return [f"{self._body.names['kept']}({mask}, {u}, {out})"]
            return [f"{self._body.names['select']}({mask}, {u}, {v}, {out})"]
        if node.ufunc == "astype":
            return [f"{np}.copyto({out}, {operands[0]})"]
        if node.ufunc in OVERWRITES:
            other, u = operands
            copied = [] if u == out else [f"{np}.copyto({out}, {u})"]
            more = self._beyond.get(node.args[0], "")
            return [*copied, f"{self._body.names[node.ufunc]}({other}, {out}, {out}{more})"]
        if node.ufunc == CAPPED_EXP:
            return self._capped(node, out, operands[0])
        if node.ufunc == DIVIDED:
            return [f"{self._body.names[DIVIDED]}({', '.join(operands)}, {out})"]
        if self._body.is_helper(node.ufunc):
            return [f"{out}[...] = {node.ufunc}({', '.join(operands)})"]
        column = node.shape[-1] == 1
        if column and node.ufunc == "divide" and operands[0] == "1":
            # A number is made an array each time. NumPy's divide is faster where there is more.
            return [f"{np}.reciprocal({operands[1]}, out={out})"]
        if node.ufunc in _UNARY:
            operands = operands[:1]
        count = divided_by(node)
        if count and operands[0] == out:
            return [f"if {count} > 1:", f"    {np}.multiply({out}, 1 / {count}, out={out})"]
        return [f"{np}.{node.ufunc}({', '.join(operands)}, out={out})"]

    def _capped(self, node: Node, out: str, x: str) -> list[str]:
        """exp(min(x, c)); whether an x is larger is looked at once, where both ask for it."""
        exponential, (base,) = f"{self._body.names[CAPPED_EXP]}({x}, {out}", node.args
        if not any(n.ufunc == BEYOND_CAP and n.args[0] is base for n in self._computed):
            return [f"{exponential})"]
        some = self._body.fresh("some")
        self._beyond[base] = f", {some}"
        return [f"{some} = {self._body.names[BEYOND]}({x})", f"{exponential}, {some})"]

    def _shifted(self, node: Node, out: str, operands: list[str]) -> list[str]:
        """Rows less what is taken away before exp; if that is 0, they stand for themselves."""
        code = f"{self._body.names['shifted']}({', '.join(operands)}, {out})"
        if operands[0] == out:
            return [code]
        if self._buffers.place(node) is node:
            return [f"{self._np}.subtract({', '.join(operands)}, out={out})"]
        self._aliases[node] = self._body.fresh("shifted")
        return [f"{self._aliases[node]} = {code}"]

    def _reduced(self, node: Node, out: str, operands: list[str]) -> list[str]:
        """A reduction over axes other than that of the rows."""
        np, axes = self._np, node.code.axes
        if node in self._body.shifts:
            fade = ", True" if self._body.shifts[node] else ""
            code = f"{self._body.names['shift']}({operands[0]}, {out}{fade})"
            return [f"{self._body.variable(node)} = {code}"]
        kept = out if not node.code.keep else _without(out, axes, len(node.args[0].shape))
        if node.ufunc == "dot":
            return [f"{np}.einsum({_spec(node)}, {', '.join(operands)}, out={kept})"]
        if node.ufunc == "sum" and axes == (node.args[0].rank - 1,):
            ones = self._body.ones(node.args[0].shape[-1])
            if isinstance(self._buffers.place(node), int):
                # It has less to look at, but no result that is not in one piece.
                return [f"{operands[0]}.dot({ones}, out={kept})"]
            return [f"{np}.matmul({operands[0]}, {ones}, out={kept})"]
        ufunc = f"{np}.{_UFUNC[node.ufunc]}"
        if axes == (node.args[0].rank - 1,):
            return [f"{self._body.names['along_rows']}({ufunc}, {operands[0]}, {kept})"]
        if axes[-1] == node.args[0].rank - 1:
            over_axes = self._body.names["over_axes"]
            return [f"{over_axes}({ufunc}, {operands[0]}, {_axes(axes)}, {kept})"]
        return [f"{ufunc}.reduce({operands[0]}, axis={_axes(axes)}, out={kept})"]

    def _start(self, node: Node) -> list[str]:
        name, shape = self._body.variable(node), node.shape
        zero = {"max": f"-{self._np}.inf", "min": f"{self._np}.inf"}.get(node.ufunc, "0")
        if not shape:
            return [f"{name} = {self._body.dtype}.type({zero})"]
        return [*self._body.made(node), f"{name}.fill({zero})"]

    def _added(self, node: Node) -> list[str]:
        """One block of a reduction over the rows."""
        name, operands, np = self._body.variable(node), self._operands(node), self._np
        keep = ", keepdims=True" if node.code.keep else ""
        axes = _axes(node.code.axes) if len(node.code.axes) < node.args[0].rank else "None"
        if node.ufunc == WEIGHTED:
            part = f"{self._body.names['weighted']}({', '.join(operands)})"
        elif node.ufunc == "dot" and not node.shape and node.args[0].shape[-1] == 1:
            part = f"{np}.vdot({', '.join(operands)})"
        elif node.ufunc == "dot":
            part = f"{np}.einsum({_spec(node)}, {', '.join(operands)})"
            if not node.shape:  # by rows first: more digits
                part = f"{np}.add.reduce({part})"
            elif node.code.keep:
                part = f"{part}.reshape({name}.shape)"
        elif node.ufunc == "sum" and node.args[0].rank == 2 and node.code.axes == (0,):
            lo, hi = map(self._body.counter, ("lo", "hi"))
            ones = f"{self._body.names['ones']}({hi} - {lo}, {self._body.dtype})"
            part = f"{ones} @ {operands[0]}"
        else:
            reduce = f"{np}.{_UFUNC[node.ufunc]}.reduce"
            part = f"{reduce}({operands[0]}, axis={axes}{keep})"
        if node.ufunc in ("max", "min"):
            best = f"{np}.{_UFUNC[node.ufunc]}({name}, {part}"
            return [f"{name} = {best})" if not node.shape else f"{best}, out={name})"]
        return [f"{name} += {part}"]


_UFUNC = {"sum": "add", "max": "maximum", "min": "minimum"}


def _spec(node: Node) -> str:
    """The subscripts of an einsum; over all axes, by rows."""
    letters = _LETTERS[: node.args[0].rank]
    axes = node.code.axes if node.shape or node.code.keep else range(1, len(letters))
    rest = "".join(c for n, c in enumerate(letters) if n not in axes)
    return f'"{letters},{letters}->{rest}"'


def _axes(axes: Sequence[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(tuple(axes))


def _without(name: str, axes: Sequence[int], rank: int) -> str:
    """The array without its axes of length 1."""
    entries = ["0" if n in axes else ":" for n in range(rank)]
    while entries and entries[-1] == ":":
        entries.pop()
    return f"{name}[{', '.join(entries)}]"


def _factor(text: str) -> str:
    return text if text.isidentifier() or text.isdigit() else f"({text})"
