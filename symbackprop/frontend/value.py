"""Values: what the operations of a forward pass compute, before anything is written out.

A value knows its shape and how to write its element at given indices. It is written out only at
the end, when it is known which values have names: those are mentioned by name, the others inlined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, TypeAlias

from sympy import Expr, S

from symbackprop.algebra.nodes import Array, Element, Index, Iverson, fresh_index
from symbackprop.algebra.spelling import shape_text, size_text
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.where import user_line

Shape = tuple[Expr, ...]
Subscript: TypeAlias = Expr
Indices = tuple[Subscript | None, ...]
Rule = Callable[[Indices], Any]

_serial = count()


class Value:
    """An array that was computed: a shape, the values it came from, and a rule.

    shape: one size for each axis.
    rule: writes the element at one subscript for each axis (None for an axis of size 1).
    boolean: the element is a condition, not a number.
    depends: an input has a part in it. array: its name, once it has one.
    serial, line: order of computation, and the line of the user's file.
    wish: the name of a value that has to have one and that the user gave none; "{}" in it stands
        for the name of its argument. functions: those of it as a matrix that were asked for.
    transposed: what it is the transpose of, in the last two axes, if it was computed so.
    """

    __slots__ = (
        "args", "array", "boolean", "depends", "functions", "line", "rule", "serial", "shape",
        "transposed", "wish",
    )  # fmt: skip

    def __init__(
        self, shape: Shape, args: tuple[Value, ...], rule: Rule, boolean: bool = False
    ) -> None:
        self.shape, self.args, self.rule, self.boolean = shape, args, rule, boolean
        self.depends: bool = any(a.depends for a in args)
        self.array: Array | None = None
        self.wish, self.transposed = "", None  # type: str, Value | None
        self.functions: dict[object, Value] = {}
        self.serial, self.line = next(_serial), user_line()

    @property
    def rank(self) -> int:
        return len(self.shape)

    def at(self, indices: Indices) -> Any:
        """The element at these subscripts, one for each axis: by name, or written out."""
        if self.array is not None:
            return Element(self.array, *(i for i in indices if i is not None))
        return self.rule(indices)


class Handle:
    """Something of the user's that holds a value; in-place operations change which one.

    viewed: it shares memory with another handle (`x.T`, `x[:, None]`), as NumPy has it.
    """

    __slots__ = ("value", "viewed")

    def __init__(self, value: Value) -> None:
        self.value, self.viewed = value, False


def input_value(array: Array) -> Value:
    """The value of a named array."""
    value = Value(array.shape, (), lambda indices: None)
    value.array, value.depends, value.line = array, True, None
    return value


def constant(expr: Expr) -> Value:
    """A number, or an expression in sizes."""
    return Value((), (), lambda indices: expr)


def value_of(thing: Any) -> Value:
    """The value of a traced array or a number, conditions included.

    Raises:
        NotYet: an array of numbers. InputError: something else.
    """
    if isinstance(thing, Handle):
        return thing.value
    if isinstance(thing, Value):
        return thing
    if getattr(thing, "ndim", 0):
        raise NotYet(f"an array of constants, of shape {thing.shape}; make it an argument")
    if isinstance(thing, list | tuple):
        raise NotYet("a list of values where one array is expected; use whole arrays")
    return constant(written.number(thing))


def numeric(thing: Any) -> Value:
    """The same with a condition as 0 and 1."""
    value = value_of(thing)
    if not value.boolean:
        return value
    return Value(value.shape, (value,), lambda indices: Iverson(value.at(indices)))


def fresh_indices(shape: Shape) -> tuple[Index | None, ...]:
    """A new index for each axis that is not of size 1."""
    return tuple(None if size == 1 else fresh_index(size) for size in shape)


def shown(shape: Sequence[Any]) -> str:
    """A shape as Python writes it: (n,), (N, D)."""
    return f"({shape_text(shape)}{',' if len(shape) == 1 else ''})"


def broadcast(*shapes: Shape) -> Shape:
    """The common shape.

    Raises:
        ShapeError: two of them do not fit.
    """
    rank = max(map(len, shapes))
    result: list[Expr] = [S.One] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if result[axis] == 1:
                result[axis] = size
            elif size not in (1, result[axis]):
                *most, last = map(shown, shapes)
                raise ShapeError(
                    f"shapes {', '.join(most)} and {last} do not fit together: "
                    f"{size_text(result[axis])} against {size_text(size)}"
                )
    return tuple(result)


def aligned(value: Value, indices: Indices) -> Any:
    """The element of a value that is broadcast to these indices."""
    own = indices[len(indices) - value.rank :]
    return value.at(tuple(None if s == 1 else i for s, i in zip(value.shape, own, strict=True)))


def elementwise(build: Callable[..., Any], *args: Value, boolean: bool = False) -> Value:
    """`build` of the elements of broadcast values."""
    shape = broadcast(*(a.shape for a in args))
    return Value(shape, args, lambda ix: build(*(aligned(a, ix) for a in args)), boolean)


def axis_number(axis: Any, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        InputError: not an integer, or out of range.
    """
    if isinstance(axis, bool) or not hasattr(axis, "__index__") or isinstance(axis, Handle):
        raise InputError("axis must be an integer (for two arrays there is maximum/minimum)")
    number = int(axis)
    if not -rank <= number < rank:
        raise InputError(f"axis {number} is out of range for an array of rank {rank}")
    return number % rank


def axis_numbers(axis: Any, rank: int) -> tuple[int, ...]:
    """The axes to reduce over: all for None, one, or several, counted from the front."""
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    found = tuple(axis_number(a, rank) for a in axes)
    if len(set(found)) < len(found):
        raise InputError(f"axis={axis} names an axis twice")
    return found
