"""One generated function: its names, the sizes that it looks up, its assignments."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from sympy import Expr, Symbol

from symbackprop.algebra.nodes import Array
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.lower import Lowering
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.statements import Assignment, body

_Source = tuple[tuple[Array, int], Expr]


class Function:
    """Collects the assignments of a function and writes its lines.

    reserved: names that no variable may have. np: what NumPy is called. helper: the name of the
    helper function for a function that NumPy has not. labels: arrays of integers, which give no
    dtype. facts: expressions in sizes that are 0 or more. extended: arrays are np.longdouble.
    """

    def __init__(
        self, reserved: Iterable[str], np: str, helper: Callable[[str], str],
        labels: Container[Array] = (), facts: frozenset[Expr] = frozenset(),
        *, extended: bool = False,
    ) -> None:
        self.dtype = ""
        self._facts = facts
        self._labels = labels
        self._names = Namer(reserved)
        self._np = np
        self._helper = helper
        self._extended = extended
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
        real = [a for a in arrays if a not in self._labels]
        if real:
            self.dtype = f"{self.array(real[0])}.dtype"

    def shape_text(self, shape: Sequence[Expr]) -> str:
        """Code for a shape: that of an array which has it, or a tuple of sizes."""
        for array in self._known:
            if shape and array.shape == tuple(shape):
                return f"{self.array(array)}.shape"
        return self._lowering().size_tuple(shape)

    def add(self, line: Line, *, owned: bool) -> None:
        """Add an assignment. owned: its array is handed to the caller."""
        self._lines.append((line, owned))

    @property
    def names(self) -> Namer:
        """The names in the function."""
        return self._names

    @property
    def known(self) -> dict[str, Array]:
        """The arrays that the function was given, by their variables."""
        return {self.array(a): a for a in self._known}

    def body(self) -> list[str]:
        """The assignments as lines, one for each array."""
        return body(self.assignments(), self._names)

    def assignments(self) -> list[Assignment]:
        """The assignments as trees of operations."""
        assignments = []
        for line, owned in self._lines:
            code = self._lowering().assigned(line.expr, line.indices, line.array.shape)
            name = self.array(line.array)
            assignments.append(Assignment(name, code, line.array.shape, owned))
        return assignments

    def number(self, size: Expr) -> str:
        """Code for an expression in sizes."""
        return str(self._lowering().value(size).code)

    def missing_sizes(self) -> list[Symbol]:
        """The sizes in use that cannot be told from the shapes of known arrays."""
        sources = self._sources()
        return [s for s in self._used if s not in sources]

    def tells(self, array: Array, axis: int) -> bool:
        """Whether the length of an axis is what a size is told from, as it is."""
        place = array, axis
        return any(p == place and e == s for s, (p, e) in self._sources().items())

    def size_lines(self) -> list[str]:
        """The lines that look up the sizes in use, from the first array that has each."""
        sources = self._sources()
        wanted: dict[Symbol, None] = {}
        for size in tuple(self._used):  # a size may be told from another, which is in use then
            self._require(size, sources, wanted)
        lines = []
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
        for size in wanted:
            (array, axis), expr = sources[size]
            share = expr.coeff(size)
            text = f"{self.array(array)}.shape[{axis}]"
            rest = expr - share * size
            if rest != 0:
                minus = rest.could_extract_minus_sign()
                other = self.number(-rest if minus else rest)
                other = other if other.isalnum() else f"({other})"
                text += f" {'+' if minus else '-'} {other}"
                text = text if share == 1 else f"({text})"
            by = self.number(share)
            text = text if share == 1 else f"{text} // {by if by.isalnum() else f'({by})'}"
            lines.append(f"{self.size(size)} = {text}")
        return lines

    def _require(
        self, size: Symbol, sources: dict[Symbol, _Source], wanted: dict[Symbol, None]
    ) -> None:
        """Want a size after those that it is told from."""
        if size in sources and size not in wanted:
            for other in sorted(sources[size][1].free_symbols - {size}, key=str):
                self.size(other)
                self._require(other, sources, wanted)
            wanted[size] = None

    def _sources(self) -> dict[Symbol, _Source]:
        """The axis that tells each size, and the expression in sizes that is its length."""
        axes = [(a, n, size) for a in self._known for n, size in enumerate(a.shape)]
        found: dict[Symbol, _Source] = {}
        for array, n, size in axes:
            if isinstance(size, Symbol):
                found.setdefault(size, ((array, n), size))
        progress = True
        while progress:
            progress = False
            for array, n, size in axes:
                unknown = [s for s in size.free_symbols if s not in found]
                if len(unknown) == 1 and _is_linear(size, unknown[0]):
                    found[unknown[0]] = (array, n), size
                    progress = True
        return found

    def _lowering(self) -> Lowering:
        return Lowering(
            self.array, self.size, self.dtype, self._np, self._helper, self._facts,
            extended=self._extended,
        )


def _is_linear(size: Expr, symbol: Symbol) -> bool:
    rest = (size - size.coeff(symbol) * symbol).expand()
    return symbol not in rest.free_symbols and symbol not in size.coeff(symbol).free_symbols
