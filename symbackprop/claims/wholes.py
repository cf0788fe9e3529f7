"""Products and sums of whole vectors and matrices, as they are written on paper.

A vector is a column, unless it is transposed. Two columns side by side are multiplied element by
element; two columns with a dot between them may mean two things, and are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, S

from symbackprop.errors import InputError, ShapeError
from symbackprop.frontend.tracer import Tracer, traced_call
from symbackprop.frontend.value import Value, aligned, constant, shown


@dataclass(frozen=True)
class Whole:
    """A value of rank 0, a vector or a matrix. row: a transposed vector.

    ones: a column of ones of no size yet, which fits to what stands beside it. beside: the claim
    multiplies vectors element by element where nothing says so but their place.
    """

    tracer: Any
    row: bool = False
    ones: bool = False
    beside: bool = False

    @property
    def value(self) -> Value:
        found: Value = self.tracer.value
        return found

    @property
    def rank(self) -> int:
        return self.value.rank

    @property
    def shape(self) -> tuple[Expr, ...]:
        return self.value.shape


def scalar(expr: Expr) -> Whole:
    """A number."""
    return Whole(Tracer(constant(expr)))


ONES = Whole(Tracer(constant(S.One)), ones=True)


def call(name: str, *args: Whole, **options: Any) -> Whole:
    """A NumPy function of the arrays."""
    found = traced_call(name, tuple(a.tracer for a in args), options)
    return Whole(found, row=any(a.row for a in args), beside=any(a.beside for a in args))


def plus(sign: int, one: Whole, two: Whole) -> Whole:
    """one + two or one - two, of equal shapes, or a scalar and an array."""
    for a, b in ((one, two), (two, one)):
        if a.ones and b.rank == 1 and b.row == a.row:
            a = replace(a, ones=False)
            one, two = (a, b) if b is two else (b, a)
    if one.ones or two.ones:
        raise ShapeError("the length of the ones is not known here; write 1 for a number")
    _same(one, two, "+" if sign > 0 else "-")
    return call("add" if sign > 0 else "subtract", one, two)


def transposed(x: Whole) -> Whole:
    """xᵀ."""
    if x.rank == 0 and not x.ones:
        return x
    if x.rank == 1 or x.ones:
        return replace(x, row=not x.row)
    return call("transpose", x) if x.rank == 2 else _refused("a transpose", x)


def elementwise(one: Whole, two: Whole) -> Whole:
    """one ⊙ two."""
    _same(one, two, "⊙")
    return call("multiply", one, two)


def over(one: Whole, two: Whole) -> Whole:
    """A quotient, element by element, or by a scalar."""
    if one.ones:
        one = replace(one, ones=False)
    _same(one, two, "/")
    return call("divide", one, two)


def times(one: Whole, sign: str, two: Whole) -> Whole:
    """A product as it is written: side by side, or with a dot or a cross."""
    if sign == "o":
        return elementwise(one, two)
    if one.ones or two.ones:
        return _with_ones(one, two)
    if not one.rank or not two.rank:
        return call("multiply", one, two)
    if max(one.rank, two.rank) > 2:
        raise InputError("arrays of three axes and more need subscripts here")
    if sign == "x":
        raise InputError("a cross between two arrays; write \\odot, or side by side")
    if one.rank == two.rank == 1:
        return _vectors(one, sign, two)
    if one.rank == 1 and not one.row:
        raise ShapeError(f"a column {_size(one)} stands before a matrix {_size(two)}; "
                         "write x^\\top W, or W^\\top x")  # fmt: skip
    if two.rank == 1 and two.row:
        raise ShapeError(f"a row {_size(two)} stands behind a matrix {_size(one)}")
    product = traced_call("matmul", (one.tracer, two.tracer), {}, "")
    return Whole(product, row=one.row, beside=one.beside or two.beside)


def _vectors(one: Whole, sign: str, two: Whole) -> Whole:
    if one.row and not two.row:
        return Whole(traced_call("matmul", (one.tracer, two.tracer), {}, ""))
    if two.row and not one.row:
        return Whole(traced_call("outer", (one.tracer, two.tracer), {}, ""))
    if sign == "*":
        raise InputError(
            "a dot between two vectors may mean x^\\top y or x \\odot y; write which is meant"
        )
    if one.shape != two.shape:
        raise ShapeError(f"vectors {_size(one)} and {_size(two)} side by side; write u v^\\top, "
                         "or subscripts")  # fmt: skip
    return replace(elementwise(one, two), beside=True)


def _with_ones(one: Whole, two: Whole) -> Whole:
    """A sum along an axis, or an array repeated along a new one."""
    if one.ones and two.ones:
        raise ShapeError("the length of the ones is not known here")
    ones, other = (one, two) if one.ones else (two, one)
    first = one.ones
    if other.rank == 0:
        return Whole(other.tracer, row=ones.row, ones=True)
    if other.rank == 1:
        if first and not ones.row and other.row:  # 1 bᵀ: a row in every row
            return Whole(traced_call("expand_dims", (other.tracer, 0), {}))
        if not first and ones.row and not other.row:  # a 1ᵀ
            return Whole(traced_call("expand_dims", (other.tracer, 1), {}))
        if first == ones.row and other.row != ones.row:  # 1ᵀ v, vᵀ 1
            return Whole(traced_call("sum", (other.tracer,), {}))
        if ones.row == other.row:
            return replace(other, beside=True)
    if other.rank == 2:
        if first and ones.row:
            return Whole(traced_call("sum", (other.tracer,), {"axis": 0}), row=True)
        if not first and not ones.row:
            return Whole(traced_call("sum", (other.tracer,), {"axis": 1}))
    raise ShapeError("the ones do not fit to what stands beside them")


def _same(one: Whole, two: Whole, sign: str) -> None:
    if not one.rank or not two.rank:
        return
    stretched = one.rank == two.rank == 2 and all(
        a == b or 1 in (a, b) for a, b in zip(one.shape, two.shape, strict=True)
    )
    if one.rank != two.rank or not (one.shape == two.shape or stretched):
        raise ShapeError(f"{_size(one)} {sign} {_size(two)}: the shapes differ")
    if one.rank == 1 and one.row != two.row:
        raise ShapeError(f"a row {sign} a column of the length {_size(one)}")


def _size(x: Whole) -> str:
    return shown(x.shape)


def _refused(what: str, x: Whole) -> Whole:
    raise InputError(f"{what} of an array of shape {_size(x)}; write subscripts")


def mapped(build: Callable[..., Expr], *args: Whole) -> Whole:
    """A function of elements that are given by subscripts."""
    values = [a.value for a in args]
    found = Value((), tuple(values), lambda ix: build(*(aligned(v, ()) for v in values)))
    return Whole(Tracer(found))
