"""Products that are summed: `@`, dot, inner, outer, tensordot, einsum; diagonals and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Eq, Expr, S

from symbackprop.algebra.nodes import (
    Delta,
    Index,
    IndexSum,
    Quotient,
    Remainder,
    Where,
    fresh_index,
)
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import canonical, never_negative
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.reductions import sum_
from symbackprop.frontend.requirements import require
from symbackprop.frontend.reshaping import ravel
from symbackprop.frontend.sizes import as_size
from symbackprop.frontend.subscripts import Label, labelled
from symbackprop.frontend.value import (
    Indices,
    Subscript,
    Value,
    aligned,
    axis_number,
    axis_numbers,
    broadcast,
    elementwise,
    numeric,
    shown,
)


def contracted(
    operands: Sequence[Value], labels: Sequence[Sequence[Label]], kept: Sequence[Label]
) -> Value:
    """Σ of the product of operands whose axes have labels, over the labels that are not kept.

    An axis of size 1 is broadcast against the others with its label.
    """
    sizes: dict[Label, Expr] = {}
    for operand, own in zip(operands, labels, strict=True):
        for label, size in zip(own, operand.shape, strict=True):
            found = sizes.get(label, S.One)
            if found != 1 and size not in (1, found):
                shapes = ", ".join(shown(o.shape) for o in operands)
                raise ShapeError(f"shapes {shapes} do not fit together: {size_text(found)} "
                                 f"against {size_text(size)}")
            sizes[label] = size if found == 1 else found
    summed = [label for label in sizes if label not in kept]

    def rule(indices: Indices) -> Expr:
        place: dict[Label, Index | None] = dict(zip(kept, indices, strict=True))
        for label in summed:
            place[label] = None if sizes[label] == 1 else fresh_index(sizes[label])
        bound = [i for label in summed if (i := place[label]) is not None]
        factors = [aligned(o, tuple(place[x] for x in own))
                   for o, own in zip(operands, labels, strict=True)]
        return IndexSum(written.mul(*factors), *bound)

    return Value(tuple(sizes[label] for label in kept), tuple(operands), rule)


def einsum(subscripts: Any, *operands: Any, optimize: Any = False) -> Value:
    """np.einsum with its subscripts as text; `...` stands for axes that are broadcast."""
    if not isinstance(subscripts, str):
        raise NotYet('needs its subscripts as text, such as "ij,jk->ik"')
    values = [numeric(x) for x in operands]
    labels, kept = labelled(subscripts, [v.rank for v in values])
    return contracted(values, labels, kept)


def matmul(x: Any, y: Any) -> Value:
    """x @ y: Σ_k x[…, i, k] y[…, k, j], with vectors as NumPy has them."""
    u, v = numeric(x), numeric(y)
    if not (u.rank and v.rank):
        raise InputError(f"shapes {shown(u.shape)} and {shown(v.shape)}: use * with a scalar")
    inner, other = u.shape[-1], v.shape[-2 if v.rank > 1 else 0]
    if inner != other:
        fits = u.rank == v.rank == 2 and (inner == v.shape[1] or u.shape[0] == other)
        hint = "; transpose one of them with .T?" if fits else ""
        both = f"{shown(u.shape)} and {shown(v.shape)}"
        raise ShapeError(f"shapes {both} do not fit together: {size_text(inner)} "
                         f"against {size_text(other)}{hint}")
    rows, columns = u.shape[-2:-1], v.shape[-1:] if v.rank > 1 else ()
    stack = broadcast(u.shape[:-2], v.shape[:-2])

    def rule(indices: Indices) -> Expr:
        k = None if inner == 1 else fresh_index(inner)
        lead, rest = indices[: len(stack)], indices[len(stack) :]
        row, column = rest[: len(rows)], rest[len(rows) :]
        left = aligned(u, (*lead[len(stack) - len(u.shape[:-2]) :], *row, k))
        right = aligned(v, (*lead[len(stack) - len(v.shape[:-2]) :], k, *column))
        return IndexSum(written.mul(left, right), *(() if k is None else (k,)))

    return Value((*stack, *rows, *columns), (u, v), rule)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Value:
    """Σ over the axes of a and of b that are named in pairs, or over the last and first `axes`."""
    u, v = numeric(a), numeric(b)
    if isinstance(axes, tuple | list):
        if len(axes) != 2:
            raise InputError(f"axes={axes} is not a pair: the axes of a and those of b")
        left, right = axis_numbers(axes[0], u.rank), axis_numbers(axes[1], v.rank)
    else:
        count = axis_number(axes, min(u.rank, v.rank) + 1)
        left, right = tuple(range(u.rank - count, u.rank)), tuple(range(count))
    if [u.shape[i] for i in left] != [v.shape[j] for j in right]:
        raise ShapeError(
            f"axes {list(left)} of {shown(u.shape)} and {list(right)} of {shown(v.shape)} differ"
        )
    names: list[Label] = [f"b{k}" for k in range(v.rank)]
    for i, j in zip(left, right, strict=True):
        names[j] = f"a{i}"
    first = [f"a{k}" for k in range(u.rank)]
    kept = [first[k] for k in range(u.rank) if k not in left]
    kept += [names[k] for k in range(v.rank) if k not in right]
    return contracted((u, v), (first, names), kept)


def dot(x: Any, y: Any) -> Value:
    """np.dot: a product with a scalar, else Σ over the last axis of x and the last but one of y."""
    u, v = numeric(x), numeric(y)
    if not (u.rank and v.rank):
        return elementwise(written.mul, u, v)
    if max(u.rank, v.rank) > 2:
        return tensordot(u, v, ((-1,), (-2 if v.rank > 1 else -1,)))
    return matmul(u, v)


def inner(x: Any, y: Any) -> Value:
    """Σ over the last axes of both; a product with a scalar."""
    u, v = numeric(x), numeric(y)
    if not (u.rank and v.rank):
        return elementwise(written.mul, u, v)
    return tensordot(u, v, ((-1,), (-1,)))


def vdot(x: Any, y: Any) -> Value:
    """Σ of all products of elements of two arrays of one shape."""
    u, v = numeric(x), numeric(y)
    if u.shape != v.shape:
        raise ShapeError(f"shapes {shown(u.shape)} and {shown(v.shape)} are not the same")
    return sum_(elementwise(written.mul, u, v))


def outer(x: Any, y: Any) -> Value:
    """The product of each element of x with each of y, both in one axis."""
    u, v = (value if value.rank == 1 else ravel(value) for value in (numeric(x), numeric(y)))
    return contracted((u, v), ("i", "j"), "ij")


def multi_dot(arrays: Any) -> Value:
    """The product of several matrices, in their order."""
    first, *rest = (numeric(x) for x in arrays)
    for factor in rest:
        first = dot(first, factor)
    return first


def diagonal(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Value:
    """x[…, i, i + offset] of two axes; the diagonal is the last axis."""
    value = numeric(x)
    if value.rank < 2:
        raise InputError(f"shape {shown(value.shape)} has no two axes")
    i, j = axis_number(axis1, value.rank), axis_number(axis2, value.rank)
    if i == j:
        raise InputError(f"axis {i} is named twice")
    up, down = _offset(offset)
    size = _shorter(canonical(value.shape[i] - down), canonical(value.shape[j] - up))
    kept = [k for k in range(value.rank) if k not in (i, j)]

    def rule(indices: Indices) -> Expr:
        old: list[Subscript | None] = [None] * value.rank
        for k, index in zip(kept, indices, strict=False):
            old[k] = index
        for k, shift in ((i, down), (j, up)):
            place = canonical((S.One if indices[-1] is None else indices[-1]) + shift)
            old[k] = None if value.shape[k] == 1 else place
        return value.at(tuple(old))

    return Value((*(value.shape[k] for k in kept), size), (value,), rule)


def _offset(k: Any) -> tuple[Expr, Expr]:
    """How far right of the main diagonal a diagonal begins, and how far below it."""
    found = as_size(k)
    if found is None:
        raise NotYet(f"{k!r} is not an integer, and a diagonal is named by one")
    if never_negative(found):
        return found, S.Zero
    if never_negative(-found):
        return S.Zero, -found
    raise NotYet(f"the sign of the diagonal {found} depends on sizes; use an integer")


def _shorter(u: Expr, v: Expr) -> Expr:
    """The number of elements of a diagonal in so many rows and columns."""
    for size, other in ((u, v), (v, u)):
        if never_negative(other - size):
            require(size, S.One, "the diagonal is empty: it lies outside the matrix")
            return size
    raise NotYet(
        f"axes of sizes {size_text(u)} and {size_text(v)}, of which either may be shorter; "
        "the diagonal of a square matrix, or cut the matrix first"
    )


def trace(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Value:
    """Σ_i x[…, i, i + offset]."""
    return sum_(diagonal(x, offset, axis1, axis2), -1)


def diag(v: Any, k: Any = 0) -> Value:
    """A diagonal of a matrix, or the matrix with this diagonal."""
    value = numeric(v)
    if value.rank == 2:
        return diagonal(value, k)
    if value.rank != 1:
        raise InputError(f"shape {shown(value.shape)}; diag takes a vector or a matrix")
    up, down = _offset(k)
    size = canonical(value.shape[0] + up + down)

    def rule(indices: Indices) -> Any:
        i, j = (S.One if x is None else x for x in indices)
        place = canonical(i - down)
        element = value.at((None if value.shape[0] == 1 else place,))
        if size == 1:
            return element
        if up == down == 0:
            return written.mul(Delta(i, j), element)
        # Not a product with a delta: beyond the diagonal there may be no such element.
        return Where(Eq(canonical(i + up), canonical(j + down)), element, S.Zero)

    return Value((size, size), (value,), rule)


def kron(a: Any, b: Any) -> Value:
    """The Kronecker product: a whole b, times an element of a, for each element of a."""
    u, v = numeric(a), numeric(b)
    rank = max(u.rank, v.rank)
    first, second = ((S.One,) * (rank - w.rank) + w.shape for w in (u, v))

    def rule(indices: Indices) -> Expr:
        outside = [None if s == 1 or i is None else Quotient(i, t)
                   for i, s, t in zip(indices, first, second, strict=True)]
        inside = [None if t == 1 or i is None else i if s == 1 else Remainder(i, t)
                  for i, s, t in zip(indices, first, second, strict=True)]
        return written.mul(u.at(tuple(outside[rank - u.rank :])),
                           v.at(tuple(inside[rank - v.rank :])))

    return Value(tuple(canonical(s * t) for s, t in zip(first, second, strict=True)), (u, v), rule)


def eye(
    N: Any, M: Any = None, k: Any = 0, dtype: Any = None, order: Any = None, device: Any = None
) -> Value:
    """Ones on a diagonal, zeros elsewhere; the identity matrix of a size."""
    rows, columns, offset = as_size(N), as_size(N if M is None else M), as_size(k)
    if rows is None or columns is None or offset is None:
        raise InputError(f"{N!r} is not a size; write x.shape[0], say")
    shift: Expr = offset

    def rule(indices: Indices) -> Expr:
        i, j = (S.One if x is None else x for x in indices)
        return Delta(canonical(i + shift), j)

    return Value((rows, columns), (), rule)
