"""One generated function: its names, the sizes that it looks up, its assignments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sympy import Expr, Symbol

from symbackprop.algebra.nodes import Array
from symbackprop.emit.numpy.lower import Lowering
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.plan import Line
from symbackprop.emit.numpy.statements import Assignment, body


class Function:
    """Collects the assignments of a function and writes its lines.

    reserved: names that no variable may have. np: what NumPy is called. helper: the name of the
    helper function for a function that NumPy has not.
    """

    def __init__(self, reserved: Iterable[str], np: str, helper: Callable[[str], str]) -> None:
        self.dtype = ""
        self._names = Namer(reserved)
        self._np = np
        self._helper = helper
        self._known: list[Array] = []
        self._used: dict[Symbol, str] = {}
        self._lines: list[tuple[Line, bool]] = []

    def array(self, array: Array) -> str:
        """The variable that holds an array."""
        return self._names.name(array, array.name)

    def claim(self, array: Array, name: str) -> None:
        """Let an array have exactly this name, even if it is reserved."""
        self._names.claim(array, name)

    def size(self, size: Expr) -> str:
        """The variable that holds an axis size."""
        return self._used.setdefault(size, self._names.name(("size", size), str(size)))

    def shapes_from(self, arrays: Sequence[Array]) -> None:
        """Take sizes, and the dtype of new arrays, from arrays that the function has."""
        self._known.extend(arrays)
        if arrays:
            self.dtype = f"{self.array(arrays[0])}.dtype"

    def shape_text(self, shape: Sequence[Expr]) -> str:
        """Code for a shape: that of an array which has it, or a tuple of sizes."""
        for array in self._known:
            if shape and array.shape == tuple(shape):
                return f"{self.array(array)}.shape"
        return self._lowering().size_tuple(shape)

    def add(self, line: Line, *, owned: bool) -> None:
        """Add an assignment. owned: its array is handed to the caller."""
        self._lines.append((line, owned))

    def body(self) -> list[str]:
        """The assignments."""
        assignments = []
        for line, owned in self._lines:
            code = self._lowering().assigned(line.expr, line.indices, line.array.shape)
            name = self.array(line.array)
            assignments.append(Assignment(name, code, line.array.shape, owned))
        return body(assignments, self._names)

    def missing_sizes(self) -> list[Symbol]:
        """The sizes in use that no known array has as the length of an axis."""
        return [s for s in self._used if not any(s in a.shape for a in self._known)]

    def size_lines(self) -> list[str]:
        """The lines that look up the sizes in use, from the first array that has each."""
        lines = []
        wanted = dict.fromkeys(s for s in self._used if s not in self.missing_sizes())
        for array in self._known:
            mine = [s for s in dict.fromkeys(array.shape) if s in wanted]
            if len(mine) == len(array.shape) > 1:
                names = ", ".join(self.size(s) for s in mine)
                lines.append(f"{names} = {self.array(array)}.shape")
            else:
                for size in mine:
                    axis = array.shape.index(size)
                    lines.append(f"{self.size(size)} = {self.array(array)}.shape[{axis}]")
            for size in mine:
                del wanted[size]
        return lines

    def _lowering(self) -> Lowering:
        return Lowering(self.array, self.size, self.dtype, self._np, self._helper)
