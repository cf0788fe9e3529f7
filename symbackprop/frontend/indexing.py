"""Parts of an array: integers, slices, new axes, and arrays of positions as indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sympy import Expr, Integer, S

from symbackprop.algebra.nodes import Array, Element, Gather
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import (
    at_least,
    bounds,
    canonical,
    is_position,
    never_negative,
)
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend.requirements import name_positions, require
from symbackprop.frontend.sizes import as_size, divided_up
from symbackprop.frontend.value import (
    Handle,
    Indices,
    Shape,
    Subscript,
    Value,
    aligned,
    axis_number,
    broadcast,
    fresh_indices,
    shown,
    value_of,
)


class _Axis(NamedTuple):
    """Where a position of the result comes from: `axis` of the array at `start + step * i`.

    axis None: a new axis. size None: an integer took the axis away.
    """

    axis: int | None
    size: Expr | None
    start: Expr = S.Zero
    step: Expr = S.One


def getitem(x: Any, index: Any) -> Value:
    """x[i], x[1:, ::2], x[..., None], x[rows, labels]."""
    value = value_of(x)
    items = list(index) if isinstance(index, tuple) else [index]
    items = [_checked(item) for item in items]
    if not any(i is Ellipsis for i in items):
        items.append(Ellipsis)
    taken = sum(1 for i in items if i is not None and i is not Ellipsis)
    if taken > value.rank or sum(i is Ellipsis for i in items) > 1:
        raise InputError(f"too many indices, or more than one ..., for shape {shown(value.shape)}")
    plan: list[_Axis | tuple[int, Value]] = []
    axis = 0
    for item in items:
        if item is None:
            plan.append(_Axis(None, S.One))
        elif item is Ellipsis:
            for _ in range(value.rank - taken):
                plan.append(_Axis(axis, value.shape[axis]))
                axis += 1
        else:
            plan.append((axis, item) if isinstance(item, Value)
                        else _axis(axis, value.shape[axis], item))
            axis += 1
    if any(isinstance(p, tuple) and not isinstance(p, _Axis) for p in plan):
        return _gathered(value, plan)
    return _sliced(value, [p for p in plan if isinstance(p, _Axis)])


def _checked(item: Any) -> Any:
    if isinstance(item, Handle | Value):
        value = value_of(item)
        if value.boolean:
            raise NotYet("a condition as an index gives a shape that depends on values; use "
                         "np.where(condition, x, 0)")
        return item if as_size(item) is not None else value
    if isinstance(item, list) or getattr(item, "ndim", None):
        raise NotYet("a list or an array of numbers as an index; make it an argument, or use "
                     "slices and np.stack")
    if item is None or item is Ellipsis or isinstance(item, slice) or as_size(item) is not None:
        return item
    raise InputError(f"{item!r} is not an index; use integers, slices, None, ... and arrays of "
                     "integers")


def _axis(axis: int, size: Expr, item: Any) -> _Axis:
    if not isinstance(item, slice):
        wrong = f"the index {_spelled(item)} is outside axis {axis}, of size {size_text(size)}"
        place = _from_end(as_size(item), size, wrong)
        require(size, place + 1, wrong)
        return _Axis(axis, None, place)
    step = as_size(1 if item.step is None else item.step)
    if step is None or not step.is_Integer or step == 0:
        raise NotYet(f"the step {_spelled(item.step)} of a slice; an integer that is not 0")
    empty = f"the slice {_spelled(item)} of an axis of size {size_text(size)} is empty"
    if step < 0:
        return _backwards(axis, size, item, int(step), empty)
    start = S.Zero if item.start is None else _end(item.start, size, empty)
    stop = size if item.stop is None else _end(item.stop, size, empty)
    span = canonical(stop - start)
    require(span, S.One, empty)
    count = divided_up(span, int(step))
    return _Axis(axis, count, start, step)


def _backwards(axis: int, size: Expr, item: slice, step: int, empty: str) -> _Axis:
    if item.start is None and item.stop is None:
        count = divided_up(size, -step)
        return _Axis(axis, count, canonical(size - 1), Integer(step))
    if not size.is_Integer:
        raise NotYet("a slice that runs backwards between two ends; reverse it with [::-1] first")
    start, stop = (None if e is None else int(as_size(e) or 0) for e in (item.start, item.stop))
    places = range(int(size))[start:stop:step]
    require(Integer(len(places)), S.One, empty)
    return _Axis(axis, Integer(len(places)), Integer(places[0]), Integer(step))


def _end(end: Any, size: Expr, empty: str) -> Expr:
    """One end of a slice, counted from 0; beyond the axis it is cut, as NumPy does."""
    found = as_size(end)
    if found is None:
        raise NotYet(f"{end!r} as an end of a slice; use integers and sizes")
    place = _from_end(found, size, empty)
    if size.is_Integer and place.is_Integer:
        return Integer(max(0, min(int(place), int(size))))
    require(size, place, empty)
    return place


def _from_end(place: Expr | None, size: Expr, outside: str) -> Expr:
    """A position counted from 0; a negative one counts from the end.

    outside: what is wrong where it lies before the first.
    """
    if place is None:
        raise NotYet("an index that is neither an integer, nor a slice, nor an array")
    if never_negative(place):
        return place
    if not never_negative(-1 - place):
        require(place, S.Zero, outside)
        return place
    found = canonical(size + place)
    require(found, S.Zero, outside)
    return found


def _spelled(item: Any) -> str:
    """An index as it was written."""
    if isinstance(item, slice):
        parts = ["" if e is None else _spelled(e) for e in (item.start, item.stop)]
        step = [] if item.step is None else [_spelled(item.step)]
        return ":".join([*parts, *step])
    size = as_size(item)
    return repr(item) if size is None else size_text(size)


def _sliced(value: Value, plan: Sequence[_Axis]) -> Value:
    kept = [p for p in plan if p.size is not None]
    shape: Shape = tuple(p.size for p in kept if p.size is not None)

    def rule(indices: Indices) -> Any:
        old: list[Subscript | None] = [None] * value.rank
        for p, i in zip(kept, indices, strict=True):
            if p.axis is not None:
                old[p.axis] = _place(value, p, i)
        for p in plan:
            if p.axis is not None and p.size is None:
                old[p.axis] = None if value.shape[p.axis] == 1 else canonical(p.start + 1)
        return value.at(tuple(old))

    return Value(shape, (value,), rule, value.boolean)


def _place(value: Value, p: _Axis, i: Subscript | None) -> Subscript | None:
    if p.axis is None or value.shape[p.axis] == 1:
        return None
    return canonical(p.start + 1 + p.step * ((S.One if i is None else i) - 1))


def _gathered(value: Value, plan: Sequence[_Axis | tuple[int, Value]]) -> Value:
    """An index that holds arrays of positions: NumPy's advanced indexing."""
    advanced = [
        n for n, p in enumerate(plan)
        if not isinstance(p, _Axis) or (p.axis is not None and p.size is None)
    ]
    arrays = [(p[0], p[1]) for p in plan if not isinstance(p, _Axis)]
    for axis, positions in arrays:
        note_labels(positions, value.shape[axis])
    common = broadcast(*(a.shape for _, a in arrays))
    adjacent = advanced == list(range(advanced[0], advanced[-1] + 1))
    kept = [p for p in plan if isinstance(p, _Axis) and p.size is not None]
    fixed = [p for p in plan if isinstance(p, _Axis) and p.size is None]
    before = 0
    if adjacent:
        before = sum(isinstance(p, _Axis) and p.size is not None for p in plan[: advanced[0]])
    sizes = [p.size for p in kept if p.size is not None]
    shape = (*sizes[:before], *common, *sizes[before:])

    def rule(indices: Indices) -> Any:
        shared = indices[before : before + len(common)]
        own = indices[:before] + indices[before + len(common) :]
        old: list[Subscript | None] = [None] * value.rank
        for p, i in zip(kept, own, strict=True):
            if p.axis is not None:
                old[p.axis] = _place(value, p, i)
        for p in fixed:
            if p.axis is not None:
                old[p.axis] = None if value.shape[p.axis] == 1 else canonical(p.start + 1)
        for axis, positions in arrays:
            size = value.shape[axis]
            old[axis] = None if size == 1 else subscript(aligned(positions, shared), size)
        return value.at(tuple(old))

    return Value(shape, (value, *(a for _, a in arrays)), rule, value.boolean)


def note_labels(positions: Value, size: Expr) -> None:
    """The inputs among the positions hold integers below this size.

    Raises:
        NotYet, ShapeError: as `subscript` does.
    """
    for array in inputs_of(positions):
        name_positions(array, size)
    subscript(positions.at(fresh_indices(positions.shape)), size)


def subscript(place: Expr, size: Expr) -> Expr:
    """The subscript for a position counted from 0: a label, or an expression in indices.

    Raises:
        NotYet: any other computed position. ShapeError: one that leaves the axis.
    """
    if isinstance(place, Element):
        return Gather(place, size)
    if place.atoms(Element) or not place.is_integer:
        raise NotYet("positions that are computed from an input; use an input of integers as it "
                     "is, or np.arange")
    found = canonical(place + 1)
    ends = bounds(found)
    if ends is None:
        raise NotYet("positions whose range is not known; use np.arange, or make them an argument")
    if at_least(found, S.One) is not True or at_least(size, found) is not True:
        first, last = (size_text(canonical(end - 1)) for end in ends)
        wrong = f"positions {first} to {last} in an axis of size {size_text(size)}"
        require(ends[0], S.One, wrong)
        require(size, ends[1], wrong)
    return found


def take(a: Any, indices: Any, axis: Any = None) -> Value:
    """a[indices] along one axis."""
    value = value_of(a)
    if axis is None and value.rank != 1:
        raise NotYet("of an array of several axes without axis; name one")
    place = 0 if axis is None else axis_number(axis, value.rank)
    if isinstance(indices, list | tuple):
        raise NotYet("a list of positions; make it an argument")
    return getitem(value, (*(slice(None),) * place, indices))


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Value:
    """arr[..., indices[..., j, ...], ...]: along one axis the positions that `indices` names."""
    value, positions = value_of(arr), value_of(indices)
    if value.rank != positions.rank:
        raise ShapeError(
            f"shapes {shown(value.shape)} and {shown(positions.shape)} have not the same rank"
        )
    place = axis_number(axis, value.rank)
    note_labels(positions, value.shape[place])
    rest = [tuple(s for k, s in enumerate(v.shape) if k != place) for v in (value, positions)]
    common = list(broadcast(*rest))
    shape = (*common[:place], positions.shape[place], *common[place:])

    def rule(at: Indices) -> Any:
        old = [None if s == 1 else i for s, i in zip(value.shape, at, strict=True)]
        size = value.shape[place]
        old[place] = None if size == 1 else subscript(aligned(positions, at), size)
        return value.at(tuple(old))

    return Value(shape, (value, positions), rule)


def inputs_of(value: Value) -> set[Array]:
    """The inputs that a value comes from."""
    found: set[Array] = set()
    stack = [value]
    while stack:
        part = stack.pop()
        found |= {part.array} if part.array is not None else set()
        stack.extend(part.args)
    return found


def labels_as_positions(u: Any, v: Any, inputs: set[Array]) -> tuple[Any, Any]:
    """`labels[n] == k` for an input and positions k, as in np.arange: both as subscripts."""
    if is_position(u) and isinstance(v, Element):
        return labels_as_positions(v, u, inputs)[::-1]
    if isinstance(u, Element) and u.array in inputs and is_position(v):
        ends = bounds(canonical(v + 1))
        if ends is not None and ends[0] == 1:
            name_positions(u.array, ends[1])
            return Gather(u, ends[1]), canonical(v + 1)
    return u, v
