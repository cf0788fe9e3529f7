"""A C function for one loop: its rows in chunks, which threads may share, and what they add up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from textwrap import fill

from sympy import Expr

from symbackprop.emit.c.ends import End
from symbackprop.emit.c.expressions import Real, Unsupported
from symbackprop.emit.c.groups import iterated
from symbackprop.emit.c.kernel import Kernel
from symbackprop.emit.c.lanes import Lanes
from symbackprop.emit.c.names import BEYOND, EXACT, LONG, ROWS_BEYOND, TILE, Parameters
from symbackprop.emit.c.reductions import START, combined
from symbackprop.emit.c.steps import INDENT
from symbackprop.emit.fast.body import Body
from symbackprop.emit.fast.stages import Loop
from symbackprop.emit.numpy.statements import shape_text
from symbackprop.emit.numpy.text import wrapped

WIDTH = 100


@dataclass(frozen=True)
class Call:
    """How Python calls the function: code for its arguments, in the order of the parameters."""

    sizes: tuple[str, ...]
    numbers: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The work on some rows, and a condition in C for it, "" where it is for all that are left.

    after: the lines behind it.
    """

    name: str
    lines: Sequence[str]
    condition: str = ""
    after: Sequence[str] = ()


class LoopFunction:
    """The C function of a loop, and how it is called. Raises Unsupported."""

    def __init__(
        self, prefix: str, name: str, loop: Loop, body: Body, real: Real, helpers: Mapping[str, str]
    ) -> None:
        self._name = f"{prefix}_{name}_{real.suffix}"
        part, _, count = name.rpartition("_")
        self._title = f"{part}, loop {count}, {real.name}"
        self._real = real
        found = self._found = Parameters(body.number)
        kernel = Kernel(loop, body, real, helpers, found)
        self._ends = kernel.ends
        self._count = found.size(loop.size)
        self._widths = _widths(found, loop)
        self._layouts: list[Layout] = []
        widths = [width for width in self._widths if not width.isdecimal()]
        long = [f"{width} * {real.size} >= {LONG}" for width in widths]
        if kernel.has_functions and long:
            whole = Kernel(loop, body, real, helpers, found, long=True)
            self._layouts.append(self._of_rows("long", whole, " && ".join(long)))
        if kernel.waits:
            ahead = Kernel(loop, body, real, helpers, found, far=True)
            self._layouts.append(self._of_rows("far", ahead, self._is_far(real.size)))
        with suppress(Unsupported):
            lanes = Lanes(loop, body, real, helpers, found, kernel.ends)
            self._layouts.append(Layout("lanes", lanes.lines, lanes.condition))
        self._layouts.append(self._of_rows("rows", kernel))
        inputs = tuple(
            f"{body.names['exact']}({code})" if kind == EXACT else code
            for code, (_, kind) in found.inputs.items()
        )
        self.call = Call(
            tuple(found.sizes), tuple(found.numbers), inputs, tuple(found.outputs)
        )

    @property
    def text(self) -> str:
        """The functions of some rows, one for each layout, and that of all."""
        texts: list[str] = []
        lines: list[str] = []
        names = ["lo", "hi"], [e.name for e in self._ends]
        for layout in self._layouts:
            work = [*self._starts(), *layout.lines, *self._ends_given(), *layout.after, "return 0;"]
            text, passed = self._of_some(layout.name, work)
            texts.append(text)
            lines += [f"if ({layout.condition})"] if layout.condition else []
            head = f"{INDENT if layout.condition else ''}return {self._name}_{layout.name}("
            lines += _wrapped(head, [*names[0], *passed, *names[1]], ");", INDENT)
        if len(self._layouts) > 1:
            text, passed = self._of_some("some", lines)
            texts.append(text)
        name = f"{self._name}_{'some' if len(self._layouts) > 1 else self._layouts[0].name}"
        return "\n".join([*self._comment(), *texts, self._whole(name, passed)])

    def _is_far(self, size: int) -> str:
        """A condition for rows that come from memory. size: bytes of a number.

        Without vector maths to wait for it pays earlier.
        """
        sizes = [f"{width} * {size}" for width in self._widths]
        arrays = [f"{self._count} * {row} >= {BEYOND} / 2" for row in sizes]
        return " && ".join([*arrays, *(f"{row} >= {BEYOND} / {ROWS_BEYOND}" for row in sizes)])

    def _called(self, name: str, passed: Sequence[str], chunk: str = "") -> list[str]:
        """The call for the rows of a chunk, or for all."""
        parts = [
            e.name + "_parts" + (f" + {chunk} * {self._product(e.shape)}" if chunk else "")
            if e.shape else f"&{e.name}_parts[{chunk or 0}]" for e in self._ends
        ]  # fmt: skip
        rows = ["lo", "hi"] if chunk else ["0", self._count]
        head = f"{2 * INDENT}bad |= {name}(" if chunk else f"{INDENT}bad = {name}("
        return _wrapped(head, [*rows, *passed, *parts], ");", INDENT)

    def _comment(self) -> list[str]:
        found = self._found
        names = [[n for n, _ in arrays.values()] for arrays in (found.inputs, found.outputs)]
        read, written = (
            ", ".join(f"{n} {shape_text(found.shapes[n])}" for n in group) or "nothing"
            for group in names
        )
        text = f"{self._title}: reads {read}; writes {written}. 1 where memory is missing, else 0."
        return ["/*", *(f" * {line}" for line in wrapped(text, 0, 0)), " */"]

    def _parameters(self) -> list[str]:
        """Declarations of what both functions take."""
        found, real = self._found, self._real.name
        ends = {e.name for e in self._ends}
        declared = [f"const ptrdiff_t {n}" for n in found.sizes.values()]
        declared += [f"const {real} {n}" for n in found.numbers.values()]
        arrays = [("const ", n, kind) for n, kind in found.inputs.values()]
        arrays += [("", n, kind) for n, kind in found.outputs.values() if n not in ends]
        declared += [f"{const}{_real(kind, real)} *restrict {n}" for const, n, kind in arrays]
        return declared

    def _starts(self) -> list[str]:
        lines = []
        for e in self._ends:
            if e.shape:
                lines += self._filled(e)
            else:
                lines.append(f"double {e.name}_sum = {START[e.kind]};")
        return lines

    def _ends_given(self) -> list[str]:
        return [f"*{e.name} = {e.name}_sum;" for e in self._ends if not e.shape]

    def _of_some(self, name: str, lines: Sequence[str]) -> tuple[str, list[str]]:
        """A function of some rows, and which parameters it takes of those of all rows."""
        real = self._real.name
        ends = [f"{'double' if not e.shape else real} *restrict {e.name}" for e in self._ends]
        words = set(re.findall(r"\w+", "\n".join(lines)))
        used = [d for d in self._parameters() if _name(d) in words]
        names = ["const ptrdiff_t lo", "const ptrdiff_t hi", *used, *ends]
        text = _function(f"static int {self._name}_{name}", names, lines)
        return text, [_name(d) for d in used]

    def _filled(self, end: End) -> list[str]:
        size = self._product(end.shape)
        return [f"for (ptrdiff_t e = 0; e < {size}; e++) {end.name}[e] = {START[end.kind]};"]

    def _product(self, sizes: Sequence[Expr]) -> str:
        return " * ".join(self._found.size(s) for s in sizes) or "1"

    def _of_rows(self, name: str, kernel: Kernel, condition: str = "") -> Layout:
        """The work of a kernel, in the memory for rows that it needs."""
        buffers = kernel.buffers
        real = self._real.name
        sizes = [f"{self._product([s for s in shape if s != 1])}" for _, shape in buffers]
        few = f"need > 0 && need < {FEW}"
        need = [f"const ptrdiff_t need = {' + '.join(sizes or self._widths)};"]
        tile = [f"const ptrdiff_t {TILE} = {few} ? {FEW} / need : 1;"] if kernel.tiled else []
        if not buffers:
            before = [*need, *tile] if kernel.tiled else []
            return Layout(name, [*before, *kernel.lines], condition)
        lines = [
            f"{real} few[{FEW}];",
            *need,
            f"{real} *work = need > {FEW} ? malloc((size_t)need * sizeof({real})) : few;",
            "if (!work) return 1;",
            *tile,
        ]
        times = TILE if kernel.tiled else ""
        offset = "work"
        for (row, _), size in zip(buffers, sizes, strict=True):
            lines.append(f"{real} *restrict {row} = {offset};")
            factors = [f for f in (times, size) if f not in ("", "1")]
            offset = f"{row} + {' * '.join(factors) or '1'}"
        return Layout(
            name, [*lines, *kernel.lines], condition, ["if (work != few) free(work);"]
        )

    def _whole(self, name: str, passed: Sequence[str]) -> str:
        """The function of all rows, which calls that of some with what it takes.

        OpenMP takes half a microsecond to find that there is nothing to share.
        """
        real = self._real.name
        declared = self._parameters()
        ends = [f"{real} *restrict {e.name}" for e in self._ends]
        count = self._count
        vectors = [e for e in self._ends if e.shape]
        lines = [
            f"const ptrdiff_t width = {' + '.join(self._widths)};",
            f"ptrdiff_t rows = {CHUNK} / (width > 0 ? width : 1) + 1;",
            f"if (rows < {count} / {CHUNKS} + 1) rows = {count} / {CHUNKS} + 1;",
            *([f"if (rows < {ROWS_OF_SUMS}) rows = {ROWS_OF_SUMS};"] if vectors else []),
            f"const ptrdiff_t chunks = {count} > rows ? ({count} + rows - 1) / rows : 1;",
        ]
        after: list[str] = []
        for e in self._ends:
            if not e.shape:
                lines.append(f"double {e.name}_parts[{CHUNKS}] = {{0}};")
                after += [
                    f"double {e.name}_all = {e.name}_parts[0];",
                    "for (ptrdiff_t e = 1; e < chunks; e++)",
                    INDENT + combined(e.kind, f"{e.name}_all", f"{e.name}_parts[e]"),
                    f"*{e.name} = ({real}){e.name}_all;",
                ]
                continue
            size = self._product(e.shape)
            memory = f"malloc((size_t)(chunks * {size} + 1) * sizeof({real}))"
            lines += [f"{real} *{e.name}_parts = chunks > 1 ? {memory} : {e.name};"]
            after += [
                "if (chunks > 1) {",
                f"    for (ptrdiff_t e = 0; e < {size}; e++) {e.name}[e] = {e.name}_parts[e];",
                "    for (ptrdiff_t chunk = 1; chunk < chunks; chunk++)",
                f"        for (ptrdiff_t e = 0; e < {size}; e++)",
                "            " + combined(
                    e.kind, f"{e.name}[e]", f"{e.name}_parts[chunk * {size} + e]"),
                f"    free({e.name}_parts);",
                "}",
            ]  # fmt: skip
        if vectors:
            missing = " || ".join(f"!{e.name}_parts" for e in vectors)
            freed = " ".join(f"free({e.name}_parts);" for e in vectors)
            lines.append(f"if (chunks > 1 && ({missing})) {{ {freed} return 1; }}")
        lines += [
            "int bad = 0;",
            "if (chunks == 1) {",
            *self._called(name, passed),
            "} else {",
            "    #pragma omp parallel for schedule(static) reduction(| : bad) if(chunks > 3)",
            "    for (ptrdiff_t chunk = 0; chunk < chunks; chunk++) {",
            "        const ptrdiff_t lo = chunk * rows;",
            f"        const ptrdiff_t hi = lo + rows < {count} ? lo + rows : {count};",
            *self._called(name, passed, "chunk"),
            "    }",
            "}",
        ]
        return _function(f"int {self._name}", [*declared, *ends], [*lines, *after, "return bad;"])


FEW = 1024
"""Numbers of the rows at hand that lie on the stack."""
CHUNK = 65536
"""Numbers in a chunk of rows."""
CHUNKS = 256
"""Chunks, at most."""
ROWS_OF_SUMS = 16
"""Rows in a chunk that has an array of sums of its own, at least: such arrays take memory."""


def _widths(parameters: Parameters, loop: Loop) -> list[str]:
    """Code for the numbers in the widest rows."""
    spaces = {iterated(n) for n in (*(s for s in loop.steps if s.kind != "view"), *loop.ends)}
    found = [" * ".join(parameters.size(size) for _, size in s) or "1"
             for s in sorted(spaces, key=str)]  # fmt: skip
    return [w for w in dict.fromkeys(found) if w != "1"] or ["1"]


def _name(declaration: str) -> str:
    return declaration.rpartition(" ")[2].lstrip("*")


def _real(kind: str, real: str) -> str:
    return real if kind == "REAL" else kind


def _function(head: str, parameters: list[str], lines: Sequence[str]) -> str:
    """A function, with its parameters in lines that are not too long."""
    body = [part for line in lines for part in _folded(INDENT + line)]
    return "\n".join([*_wrapped(f"{head}(", parameters, ")"), "{", *body, "}", ""])


def _folded(line: str) -> list[str]:
    """A statement in lines of at most 100 characters, where it has a space to break at."""
    if len(line) <= WIDTH or line.lstrip().startswith("#"):
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return fill(line.lstrip(), WIDTH, initial_indent=indent, subsequent_indent=indent + 2 * INDENT,
                break_long_words=False, break_on_hyphens=False).split("\n")  # fmt: skip


def _wrapped(head: str, items: Sequence[str], end: str, before: str = "") -> list[str]:
    """Items behind a head, in lines of at most 100 characters with what will stand before them."""
    indent = " " * (len(head) - len(head.lstrip()) + 4)
    lines = [head]
    for number, item in enumerate(items):
        text = item + (", " if number + 1 < len(items) else end)
        if len(before + lines[-1] + text) > WIDTH - 2:
            lines[-1] = lines[-1].rstrip()
            lines.append(indent)
        lines[-1] += text
    return lines
