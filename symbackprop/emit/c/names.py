"""What things are called in a C function, and what its parameters stand for in Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sympy import Expr

from symbackprop.emit.c.expressions import MATH
from symbackprop.emit.fast.graph import BOOL, OTHER

_KEYWORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while asm typeof main NULL INFINITY NAN ptrdiff_t size_t malloc free isfinite isinf
e lo hi far all some part stop chunk chunks rows work need few bad width first last tile count LANES
side_by_side long_row beyond_cache FETCH
""".split()
EXACT = "double"
"""The C type of arrays that are not of the inputs' dtype, such as labels, in both forms."""
FIRST, LAST, TILE = "first", "last", "tile"
"""The rows at hand, from one to before the other, and how many they are."""
LANE, LANES, COUNT = "e", "LANES", "count"
"""A row of those side by side, how many there is room for, and how many are at hand."""
ROWS = 16
"""LANES, which is also the fewest rows for which it pays."""
FEWEST = "side_by_side"
"""A variable: of so many short rows on, they stand side by side."""
LONG = "long_row"
"""A variable: rows of so many bytes and more are long."""
BYTES = 10 * 1024
"""LONG: with three arrays beside it such a row fills the cache next to the processor."""
FETCH = "FETCH"
"""A macro: has the processor read an address ahead, 1 if it is to be written."""
BEYOND = "beyond_cache"
"""A variable: arrays of so many bytes and more are read from memory."""
MEMORY = 6 * 1024 * 1024
"""BEYOND: with two more of them that is what caches hold."""
ROWS_BEYOND = 2048
"""More rows than these in such an array are so short that fetching each takes longer."""
LOOPS = ("i", "j", "k", "l", "p", "q", "r", "s")
"""The loop variables, for the rows and the axes behind."""


@dataclass
class Parameters:
    """The parameters of a function: C names, by the Python code that they are called with.

    Sizes, numbers, inputs and outputs, in this order. shapes: of the arrays, by their C names.
    taken: names that are in use.
    """

    number: Callable[[Expr], str]
    sizes: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, tuple[str, str]] = field(default_factory=dict)
    outputs: dict[str, tuple[str, str]] = field(default_factory=dict)
    shapes: dict[str, tuple[Expr, ...]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=lambda: {*_KEYWORDS, *LOOPS, *MATH.values()})

    def fresh(self, wish: str) -> str:
        """A name that is not in use: the wish, if C takes it."""
        if not re.fullmatch(r"[A-Za-z]\w*", wish, re.ASCII):
            wish = "v"
        name, count = wish, 0
        while name in self.taken:
            count += 1
            name = f"{wish}{count}"
        self.taken.add(name)
        return name

    def size(self, size: Expr) -> str:
        """The C code of a size."""
        if size.is_Integer:
            return str(int(size))
        code = self.number(size)
        if code not in self.sizes:
            self.sizes[code] = self.fresh(code if code.isidentifier() else "size")
        return self.sizes[code]

    def scalar(self, code: str) -> str:
        """The C name of a number that Python knows."""
        if code not in self.numbers:
            self.numbers[code] = self.fresh(code if code.isidentifier() else "c")
        return self.numbers[code]

    def read(self, code: str, dtype: str, shape: tuple[Expr, ...]) -> str:
        """The C name of an array that is read."""
        if code in self.outputs:
            return self.outputs[code][0]
        if code not in self.inputs:
            wish = code if code.isidentifier() else "view"
            self.inputs[code] = (self.fresh(wish), _type(dtype))
            self.shapes[self.inputs[code][0]] = shape
        return self.inputs[code][0]

    def written(self, code: str, dtype: str, shape: tuple[Expr, ...]) -> str:
        """The C name of an array that is written."""
        if code not in self.outputs:
            self.outputs[code] = (self.fresh(code), _type(dtype))
            self.shapes[self.outputs[code][0]] = shape
        return self.outputs[code][0]


def _type(dtype: str) -> str:
    return {BOOL: "unsigned char", OTHER: EXACT}.get(dtype, "REAL")
