"""Products and sums of whole vectors and matrices, as they are written on paper.

A vector is a column, unless it is transposed. Two columns side by side are multiplied element by
element; two columns with a dot between them may mean two things, and are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, S, Symbol

from symbackprop.algebra.nodes import Delta, IndexSum, fresh_index
from symbackprop.algebra.spelling import size_text
from symbackprop.errors import InputError, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import Value

ANY = Symbol("\u00b7any")
"""A length along which nothing varies and that fits to what stands beside it: of ones."""
ONE = S.One
Build = Callable[[Expr | None, Expr | None], Any]


@dataclass(frozen=True)
class Whole:
    """A scalar, a column, a row or a matrix: what it is at (row, column), None for an axis of 1.

    solid: an array of more axes, of which only elements are used. beside: vectors were multiplied
    element by element where nothing but their place said so.
    """

    build: Build
    rows: Expr = ONE
    columns: Expr = ONE
    solid: Value | None = None
    beside: bool = False

    @property
    def is_scalar(self) -> bool:
        return self.solid is None and bool(self.rows == self.columns == 1)

    @property
    def is_column(self) -> bool:
        return bool(self.rows != 1 and self.columns == 1)

    @property
    def is_row(self) -> bool:
        return bool(self.rows == 1 and self.columns != 1)

    @property
    def value(self) -> Value:
        """As the front end has it: a row and a column are vectors of one axis.

        An axis of any length has the size 1. Raises ShapeError for ones alone.
        """
        if self.solid is not None:
            return self.solid
        if self.is_scalar:
            return Value((), (), lambda ix: self.build(None, None))
        if self.rows == ONE or self.columns == ONE:
            size = self.rows if self.is_column else self.columns
            if size == ANY:
                raise ShapeError("the length of the ones is not known here")
            column = self.is_column
            return Value((size,), (), lambda ix: (
                self.build(ix[0], None) if column else self.build(None, ix[0])))  # fmt: skip
        if self.rows == self.columns == ANY:
            raise ShapeError("the length of the ones is not known here")
        shape = tuple(ONE if s == ANY else s for s in (self.rows, self.columns))
        return Value(shape, (), lambda ix: self.build(*ix))

    @property
    def tracer(self) -> Any:
        return Tracer(self.value)


def scalar(expr: Expr) -> Whole:
    """A number, or an element."""
    return Whole(lambda i, j: expr)


ONES = Whole(lambda i, j: ONE, ANY)


def of_value(value: Value, row: bool = False) -> Whole:
    """An array; a vector is a column, or a row."""
    if value.rank > 2:
        return Whole(lambda i, j: None, solid=value)
    if value.rank == 2:
        return Whole(lambda i, j: value.at((i, j)), *value.shape)
    if value.rank == 0:
        return Whole(lambda i, j: value.at(()))
    if row:
        return Whole(lambda i, j: value.at((j,)), ONE, *value.shape)
    return Whole(lambda i, j: value.at((i,)), *value.shape)


def mapped(function: Callable[..., Any], *args: Whole) -> Whole:
    """A function of the elements of arrays of one shape; scalars fit to all."""
    rows, columns = ONE, ONE
    for a in args:
        if a.solid is not None:
            raise InputError("arrays of three axes and more need subscripts here")
        rows, columns = _common(rows, a.rows), _common(columns, a.columns)
    for a in args:
        if not a.is_scalar and (a.rows, a.columns) != (rows, columns):
            fits = all(x in (y, ANY) for x, y in ((a.rows, rows), (a.columns, columns)))
            if not fits:
                raise ShapeError(f"{' and '.join(_size(x) for x in args)} do not fit together")
    beside = any(a.beside for a in args)

    def build(i: Expr | None, j: Expr | None) -> Any:
        return function(*(_at(a, i, j) for a in args))

    return Whole(build, rows, columns, beside=beside)


def _at(a: Whole, i: Expr | None, j: Expr | None) -> Any:
    return a.build(None, None) if a.is_scalar else a.build(i, j)


def _common(one: Expr, two: Expr) -> Expr:
    if one == 1 or one == ANY:
        return two if two != 1 else one
    if two in (1, ANY, one):
        return one
    raise ShapeError(f"{size_text(one)} against {size_text(two)}: the shapes differ")


def plus(sign: int, one: Whole, two: Whole) -> Whole:
    """one + two or one - two."""
    return mapped(written.add if sign > 0 else written.sub, one, two)


def transposed(x: Whole) -> Whole:
    """xᵀ."""
    if x.solid is not None:
        raise InputError("a transpose of an array of three axes and more; write subscripts")
    return replace(x, build=lambda i, j: x.build(j, i), rows=x.columns, columns=x.rows)


def times(one: Whole, sign: str, two: Whole) -> Whole:
    """A product as it is written: side by side, elementwise, or with a dot or a cross."""
    if sign == "o" or one.is_scalar or two.is_scalar:
        return mapped(written.mul, one, two)
    if one.solid is not None or two.solid is not None:
        raise InputError("arrays of three axes and more need subscripts here")
    if sign == "x":
        raise InputError("a cross between two arrays; write \\odot, or side by side")
    if (one.is_column and two.is_column) or (one.is_row and two.is_row):
        if sign == "*":
            raise InputError(
                "a dot between two vectors may mean x^\\top y or x \\odot y; write which is meant"
            )
        return replace(mapped(written.mul, one, two), beside=True)
    return matmul(one, two)


def matmul(one: Whole, two: Whole) -> Whole:
    """The product of matrices, rows and columns."""
    inner, other = one.columns, two.rows
    if inner == other == 1:
        return Whole(
            lambda i, j: written.mul(one.build(i, None), two.build(None, j)), one.rows, two.columns,
            beside=one.beside or two.beside,
        )  # fmt: skip
    size = other if inner == ANY else inner
    if size == ANY or 1 in (inner, other) or other not in (size, ANY):
        hint = ""
        if one.is_column or two.is_row:
            hint = "; a vector is a column, and x^\\top a row"
        raise ShapeError(f"{_size(one)} times {_size(two)} do not fit together{hint}")

    def build(i: Expr | None, j: Expr | None) -> Expr:
        k = fresh_index(size)
        return IndexSum(written.mul(one.build(i, k), two.build(k, j)), k)

    return Whole(build, one.rows, two.columns, beside=one.beside or two.beside)


def diagonal(x: Whole) -> Whole:
    """diag(x): the matrix with a vector on its diagonal."""
    if not (x.is_column or x.is_row):
        raise ShapeError("diag of a vector only")
    column = x if x.is_column else transposed(x)
    size = column.rows
    return Whole(lambda i, j: written.mul(column.build(i, None), Delta(i, j)), size, size,
                 beside=x.beside)  # fmt: skip


def _size(x: Whole) -> str:
    names = [("any" if s == ANY else size_text(s)) for s in (x.rows, x.columns)]
    return f"({names[0]}, {names[1]})"


def called(function: Callable[[Any], Any], x: Whole) -> Whole:
    """A NumPy function of a whole array."""
    found = function(x.tracer)
    value = found.value if hasattr(found, "value") else None
    if value is None:
        return scalar(written.number(found))
    return replace(of_value(value, x.is_row), beside=x.beside)


