"""A forward pass as a list of definitions: what the front end hands to the calculus."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic, Expr

from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.errors import DerivationError


def check_free(array: Array, indices: tuple[Index, ...], expr: Expr) -> None:
    """Raises DerivationError where an expression varies with an index that its array has not."""
    loose = {i for i in expr.free_symbols if isinstance(i, Index)} - set(indices)
    if loose:
        raise DerivationError(
            f"{array.name} would depend on a bound index; please report this forward pass"
        )


@dataclass(frozen=True)
class Definition:
    """`array[indices] = expr`, in terms of inputs and earlier definitions.

    indices: the free indices, one for each axis of the array that is not of size 1.
    expr: kept as the user wrote it (unevaluated), so that it can be shown again.
    line: the line of the user's file, where there is one.
    """

    array: Array
    indices: tuple[Index, ...]
    expr: Expr
    line: int | None = None

    @property
    def element(self) -> Element:
        return self.array[self.indices]

    @property
    def place(self) -> str:
        """Where it stands: 'h' (line 5)."""
        return repr(self.array.name) + (f" (line {self.line})" if self.line else "")


@dataclass(frozen=True)
class Assumption:
    """A declared equation or sign, or what the forward pass requires, for all free indices.

    kind: "==" (left equals right), ">" or ">=" (left is an element, right is 0), "size" (the size
        left is at least right), "label" (the element left is an integer in 0, ..., right - 1).
    text: as the user wrote it.
    """

    kind: str
    left: Expr
    right: Expr
    text: str


@dataclass(frozen=True)
class Program:
    """Inputs, definitions in the order in which they are computed, and the outputs.

    Every array that an expression mentions is an input or an earlier definition. Definitions that
    no output needs are not in the program.
    """

    name: str
    inputs: tuple[Array, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[Array, ...]
    assumptions: tuple[Assumption, ...] = ()

    def definition(self, array: Array) -> Definition | None:
        """The definition of an array, or None for an input."""
        return next((d for d in self.definitions if d.array == array), None)

    def array(self, name: str) -> Array | None:
        """The input or definition of that name, or None."""
        arrays = (*self.inputs, *(d.array for d in self.definitions))
        return next((a for a in arrays if a.name == name), None)

    def place(self, array: Array) -> str:
        """The array by its name, and the line on which it is defined: 'h' (line 5)."""
        found = self.definition(array)
        return repr(array.name) if found is None else found.place

    @property
    def labels(self) -> dict[Array, tuple[Expr, ...]]:
        """The inputs that hold integers, each with the sizes that they are below."""
        found: dict[Array, tuple[Expr, ...]] = {}
        for a in self.assumptions:
            if a.kind == "label" and isinstance(a.left, Element):
                found[a.left.array] = (*found.get(a.left.array, ()), a.right)
        return found

    @property
    def differentiable(self) -> tuple[Array, ...]:
        """The inputs that a derivative can be taken in: all but the labels."""
        return tuple(a for a in self.inputs if a not in self.labels)

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """Expressions in sizes that are 0 or more: what the shapes must satisfy."""
        axes = {s - 1 for a in self.inputs for s in a.shape if not s.is_Integer and not s.is_Symbol}
        required = [a.left - a.right for a in self.assumptions if a.kind == "size"]
        return tuple(dict.fromkeys((*sorted(axes, key=str), *required)))

    @property
    def sizes(self) -> tuple[Basic, ...]:
        """The size symbols of the inputs, in order of appearance."""
        found: dict[Basic, None] = {}
        for array in self.inputs:
            for size in array.shape:
                found.update((s, None) for s in sorted(size.free_symbols, key=str))
        return tuple(found)
