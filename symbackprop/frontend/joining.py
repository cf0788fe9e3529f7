"""Arrays put together, cut apart, shifted and repeated along an axis."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from sympy import Expr, Ge, Integer, Le, S

from symbackprop.algebra.nodes import (
    IndexSum,
    Iverson,
    Quotient,
    Remainder,
    Where,
    fresh_index,
)
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import canonical, divided, never_negative
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.elementwise import binary
from symbackprop.frontend.indexing import getitem
from symbackprop.frontend.requirements import require
from symbackprop.frontend.reshaping import ravel
from symbackprop.frontend.shaping import expand_dims
from symbackprop.frontend.sizes import as_size
from symbackprop.frontend.value import (
    Handle,
    Indices,
    Subscript,
    Value,
    axis_number,
    numeric,
    shown,
    value_of,
)


def concatenate(arrays: Any, axis: Any = 0) -> Value:
    """The arrays one after another along an axis."""
    values = _listed(arrays)
    if axis is None or not values[0].rank:
        raise NotYet("needs an axis, and arrays that have it; np.stack puts scalars together")
    place = axis_number(axis, values[0].rank)
    first = values[0]
    for other in values[1:]:
        same = [k for k in range(min(first.rank, other.rank)) if k != place]
        if other.rank != first.rank or any(first.shape[k] != other.shape[k] for k in same):
            raise ShapeError(f"shapes {shown(first.shape)} and {shown(other.shape)} do not fit "
                             f"together along axis {place}")
    ends = [S.Zero]
    for value in values:
        ends.append(canonical(ends[-1] + value.shape[place]))
    shape = (*first.shape[:place], ends[-1], *first.shape[place + 1 :])

    def rule(indices: Indices) -> Any:
        i = indices[place]
        result = None
        for value, start, end in reversed(list(zip(values, ends, ends[1:], strict=False))):
            own = None if value.shape[place] == 1 else canonical((i or S.One) - start)
            element = value.at((*indices[:place], own, *indices[place + 1 :]))
            result = element if result is None else Where(Le(i, end), element, result)
        return result

    return Value(shape, tuple(values), rule)


def stack(arrays: Any, axis: Any = 0) -> Value:
    """The arrays along a new axis."""
    return concatenate([expand_dims(v, axis) for v in _listed(arrays)], _first(arrays, axis))


def append(arr: Any, values: Any, axis: Any = None) -> Value:
    """One array after another along an axis; all elements of both without one."""
    if axis is None:
        return concatenate([ravel(arr), ravel(values)])
    return concatenate([arr, values], axis)


def column_stack(tup: Any) -> Value:
    """The arrays side by side; a vector is a column."""
    return concatenate([expand_dims(v, 1) if v.rank == 1 else v for v in _listed(tup)], 1)


def diff(a: Any, n: Any = 1, axis: Any = -1) -> Value:
    """The differences of neighbours along an axis, taken n times."""
    value = numeric(a)
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InputError(f"n={n!r} is not a number of times")
    whole = (slice(None),) * axis_number(axis, value.rank)
    for _ in range(n):
        value = binary(written.sub)(
            getitem(value, (*whole, slice(1, None))), getitem(value, (*whole, slice(None, -1)))
        )
    return value


def _first(arrays: Any, axis: Any) -> int:
    return axis_number(axis, value_of(arrays[0]).rank + 1)


def hstack(tup: Any) -> Value:
    """The arrays side by side: along axis 1, vectors along axis 0."""
    values = _listed(tup)
    return concatenate(values, 0 if values[0].rank == 1 else 1)


def vstack(tup: Any) -> Value:
    """The arrays one below the other; a vector is a row."""
    return concatenate([expand_dims(v, 0) if v.rank == 1 else v for v in _listed(tup)], 0)


def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Value]:
    """Equal parts along an axis, or the parts between given positions."""
    value = value_of(ary)
    place = axis_number(axis, value.rank)
    size = value.shape[place]
    if isinstance(indices_or_sections, list | tuple):
        ends: list[Any] = [None, *indices_or_sections, None]
        cuts = list(pairwise(ends))
    else:
        count = as_size(indices_or_sections)
        if count is None or not count.is_Integer:
            raise NotYet("into a number of parts that is not an integer")
        share = divided(size, count)
        if share is None:
            raise ShapeError(f"an axis of size {size_text(size)} does not split into {count} equal "
                             f"parts; give it a size such as {count}*m")
        steps = [Value((), (), _always(share * k)) for k in range(int(count) + 1)]
        cuts = list(pairwise(steps))
    whole = (slice(None),) * place
    return [getitem(value, (*whole, slice(a, b))) for a, b in cuts]


def hsplit(ary: Any, indices_or_sections: Any) -> list[Value]:
    """Parts side by side: along axis 1, of a vector along axis 0."""
    value = value_of(ary)
    return split(value, indices_or_sections, 1 if value.rank > 1 else 0)


def _always(size: Expr) -> Callable[[Indices], Expr]:
    return lambda indices: size


def roll(a: Any, shift: Any, axis: Any = None) -> Value:
    """The elements moved along an axis; those that leave it come back at its other end."""
    value = numeric(a)
    if axis is None and value.rank != 1:
        raise NotYet("of an array of several axes without axis; name one")
    if isinstance(shift, list | tuple) or isinstance(axis, list | tuple):
        raise NotYet("along several axes at once; roll along one after the other")
    place = 0 if axis is None else axis_number(axis, value.rank)
    by, size = as_size(shift), value.shape[place]
    if by is None:
        raise NotYet("by a shift that is not an integer or a size")
    if size.is_Integer:
        by = Integer(int(by) % int(size)) if by.is_Integer else by
    forward = by if never_negative(by) else canonical(size + by)
    if forward == 0:
        return value
    require(size, forward, f"the shift is larger than the axis, of size {size_text(size)}")
    whole = (slice(None),) * place
    cut = Value((), (), _always(canonical(size - forward)))
    if canonical(size - forward) == 0:
        return value
    return concatenate(
        [getitem(value, (*whole, slice(cut, None))), getitem(value, (*whole, slice(None, cut)))],
        place,
    )


def flip(m: Any, axis: Any = None) -> Value:
    """The elements in the opposite order along an axis, or along all."""
    value = value_of(m)
    places = range(value.rank) if axis is None else [
        axis_number(k, value.rank) for k in (axis if isinstance(axis, tuple) else (axis,))
    ]
    return getitem(value, tuple(slice(None, None, -1) if k in places else slice(None)
                                for k in range(value.rank)))


def pad(array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Value:
    """Constant elements before and after those of the array, along each axis."""
    value = numeric(array)
    if mode != "constant" or isinstance(constant_values, list | tuple):
        raise NotYet(
            f"mode={mode!r}, or several constants; one constant only, or np.concatenate the parts"
        )
    filler = numeric(constant_values)
    widths = _widths(pad_width, value.rank)
    shape = tuple(canonical(s + b + a) for s, (b, a) in zip(value.shape, widths, strict=True))

    def rule(indices: Indices) -> Any:
        old: list[Subscript | None] = []
        outside: list[Any] = []
        for i, size, (before, after) in zip(indices, value.shape, widths, strict=True):
            place = i if before == 0 or i is None else canonical(i - before)
            if i is not None:
                outside += [Le(i, before)] if before != 0 else []
                outside += [Ge(i, canonical(before + size + 1))] if after != 0 else []
            old.append(None if size == 1 else place)
        result = value.at(tuple(old))
        for condition in reversed(outside):
            result = Where(condition, filler.at(()), result)
        return result

    return Value(shape, (value, filler), rule)


def _widths(pad_width: Any, rank: int) -> list[tuple[Expr, Expr]]:
    """The number of elements before and after, for each axis, from NumPy's ways to say it."""
    items = pad_width if isinstance(pad_width, list | tuple) else (pad_width,)
    if not any(isinstance(item, list | tuple) for item in items):
        if len(items) > 2:
            raise InputError(f"the pad width {pad_width!r}; write a pair of sizes for each axis")
        items = [tuple(items) if len(items) == 2 else (items[0], items[0])] * rank
    elif len(items) == 1:
        items = list(items) * rank
    found = []
    for item in items:
        pair = tuple(map(as_size, item if isinstance(item, list | tuple) else (item, item)))
        pair = pair * 2 if len(pair) == 1 else pair
        if len(pair) != 2 or any(p is None or not never_negative(p) for p in pair):
            raise InputError(f"the pad width {item!r} is not a pair of sizes >= 0, such as (1, 1)")
        found.append((pair[0] or S.Zero, pair[1] or S.Zero))
    if len(found) != rank:
        raise InputError(f"{len(found)} pairs of pad widths for {rank} axes; give each axis one")
    return found


def repeat(a: Any, repeats: Any, axis: Any = None) -> Value:
    """Each element several times, one after the other."""
    return _multiplied(a, repeats, axis, lambda i, size, times: Quotient(i, times))


def tile(A: Any, reps: Any) -> Value:
    """The whole array several times along its axes."""
    value = numeric(A)
    counts = list(reps) if isinstance(reps, list | tuple) else [reps]
    while value.rank < len(counts):
        value = expand_dims(value, 0)
    counts = [1] * (value.rank - len(counts)) + counts
    for axis, times in enumerate(counts):
        value = _multiplied(value, times, axis, lambda i, size, times: Remainder(i, size))
    return value


def _multiplied(a: Any, times: Any, axis: Any, place_of: Callable[..., Expr]) -> Value:
    value = numeric(a)
    count = as_size(times)
    if count is None or not never_negative(count - 1):
        raise NotYet("a number of times that is not a positive integer or a size")
    if axis is None and value.rank != 1:
        raise NotYet("of an array of several axes without axis; name one")
    place = 0 if axis is None else axis_number(axis, value.rank)
    size = value.shape[place]
    if count == 1:
        return value
    shape = (*value.shape[:place], canonical(size * count), *value.shape[place + 1 :])

    def rule(indices: Indices) -> Any:
        i = indices[place]
        own = None if size == 1 else place_of(i, size, count)
        return value.at((*indices[:place], own, *indices[place + 1 :]))

    return Value(shape, (value,), rule)


def triangle(keep: Callable[[Expr, Expr, Expr], Any]) -> Callable[..., Value]:
    """tril, triu: 0 where the row and column do not satisfy `keep`."""

    def rule_of(m: Any, k: Any = 0) -> Value:
        value, offset = numeric(m), as_size(k)
        if value.rank < 2:
            raise InputError(f"shape {shown(value.shape)} has no two axes")
        if offset is None:
            raise NotYet("a diagonal that is not an integer")
        shift = offset

        def rule(indices: Indices) -> Any:
            i, j = (S.One if x is None else x for x in indices[-2:])
            return Where(keep(i, j, shift), value.at(indices), S.Zero)

        return Value(value.shape, (value,), rule)

    return rule_of


tril = triangle(lambda i, j, k: Le(j, canonical(i + k)))
triu = triangle(lambda i, j, k: Ge(j, canonical(i + k)))


def cumsum(a: Any, axis: Any = None) -> Value:
    """Σ of the elements up to each one, along an axis."""
    value = numeric(a)
    if axis is None and value.rank != 1:
        raise NotYet("of an array of several axes without axis; name one")
    place = 0 if axis is None else axis_number(axis, value.rank)
    if value.shape[place] == 1:
        return value

    def rule(indices: Indices) -> Any:
        last = indices[place]
        b = fresh_index(value.shape[place])
        element = value.at((*indices[:place], b, *indices[place + 1 :]))
        return IndexSum(written.mul(Iverson(Le(b, last)), element), b)

    return Value(value.shape, (value,), rule)


def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Value:
    """All windows of a size along the axes; those of the windows come last."""
    value = value_of(x)
    widths = list(window_shape) if isinstance(window_shape, list | tuple) else [window_shape]
    if axis is None:
        axes = list(range(value.rank))
    else:
        given = axis if isinstance(axis, list | tuple) else (axis,)
        axes = [axis_number(k, value.rank) for k in given]
    sizes = [as_size(w) for w in widths]
    if len(sizes) != len(axes) or any(s is None for s in sizes):
        raise InputError(f"{len(sizes)} window sizes for {len(axes)} axes")
    shape = list(value.shape)
    for k, width in zip(axes, sizes, strict=True):
        axis_size = shape[k]
        if width is None or not never_negative(width - 1):
            raise InputError(f"the window size {width} is not a positive integer or a size")
        shape[k] = canonical(axis_size - width + 1)
        require(shape[k], S.One, f"a window of {size_text(width)} is larger than axis {k}, of size "
                                 f"{size_text(axis_size)}")

    def rule(indices: Indices) -> Any:
        old: list[Subscript | None] = list(indices[: value.rank])
        for k, w in zip(axes, indices[value.rank :], strict=True):
            if value.shape[k] != 1:
                terms = [t for t in (old[k], w) if t is not None]
                old[k] = canonical(sum(terms, Integer(1 - len(terms))))
        return value.at(tuple(old))

    return Value((*shape, *(s or S.One for s in sizes)), (value,), rule, value.boolean)


def _listed(arrays: Any) -> list[Value]:
    if isinstance(arrays, Handle | Value) or not isinstance(arrays, list | tuple) or not arrays:
        raise NotYet("needs a list or tuple of arrays, such as [x, y]")
    return [numeric(a) for a in arrays]
