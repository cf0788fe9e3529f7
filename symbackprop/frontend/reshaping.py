"""The same elements, in the order of the last axis first, under another shape."""

from __future__ import annotations

from typing import Any

from sympy import Expr, S

from symbackprop.algebra.nodes import Quotient, Remainder
from symbackprop.algebra.subscripts import canonical, divided
from symbackprop.errors import InputError, NotYet, ShapeError
from symbackprop.frontend.shaping import transpose
from symbackprop.frontend.sizes import as_size
from symbackprop.frontend.value import (
    Indices,
    Shape,
    Subscript,
    Value,
    aligned,
    axis_numbers,
    broadcast,
    shown,
    value_of,
)


def reshape(a: Any, shape: Any = None, order: Any = "C", newshape: Any = None) -> Value:
    """The elements under another shape, in which one size may be -1."""
    value = value_of(a)
    if order != "C":
        raise NotYet(f"order={order!r}; the order of C only")
    wanted = newshape if shape is None else shape
    return _reshaped(value, _shape(value, wanted))


def ravel(a: Any, order: Any = "C") -> Value:
    """All elements in one axis."""
    return reshape(a, -1, order)


def _shape(value: Value, wanted: Any) -> Shape:
    items = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    sizes = [as_size(item) for item in items]
    if any(s is None or (s.is_Integer and s != -1 and s < 1) for s in sizes):
        raise InputError(f"{wanted!r} is not a shape; write sizes such as (x.shape[0], -1)")
    total = _product(value.shape)
    known = [s for s in sizes if s is not None and s != -1]
    if len(known) < len(sizes) - 1:
        raise InputError("only one size of a shape may be -1")
    rest = divided(total, _product(known))
    if rest is None or (len(known) == len(sizes) and rest != 1):
        raise ShapeError(
            f"shape {shown(value.shape)} does not become "
            f"{shown([s for s in sizes if s is not None])}"
            "; an axis that is split into G and P needs the size G*P"
        )
    return tuple(rest if s == -1 else canonical(s) for s in sizes if s is not None)


def _product(sizes: Any) -> Expr:
    total: Expr = S.One
    for size in sizes:
        total *= size
    return canonical(total)


def _reshaped(value: Value, shape: Shape) -> Value:
    groups = _groups(value.shape, shape)

    def rule(indices: Indices) -> Any:
        old: list[Subscript | None] = [None] * value.rank
        for own, new in groups:
            flat: Expr = S.One
            stride: Expr = S.One
            for k in reversed(new):
                place = indices[k]
                flat += 0 if place is None else stride * (place - 1)
                stride *= shape[k]
            flat = canonical(flat)
            for k in reversed(own):
                size = value.shape[k]
                if size == 1:
                    continue
                last = all(value.shape[j] == 1 for j in own[: own.index(k)])
                old[k] = flat if last else Remainder(flat, size)
                flat = flat if last else Quotient(flat, size)
        return value.at(tuple(old))

    return Value(shape, (value,), rule, value.boolean)


def _groups(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """The axes of both shapes in runs of equal numbers of elements."""
    groups: list[tuple[list[int], list[int]]] = []
    own: list[int] = []
    other: list[int] = []
    i = j = 0
    while i < len(old) or j < len(new):
        left = _product(old[k] for k in own)
        right = _product(new[k] for k in other)
        if (own or other) and left == right:
            groups.append((own, other))
            own, other = [], []
            continue
        take_new = j < len(new) and (i >= len(old) or (own and divided(left, right) is not None))
        if not own and i < len(old):
            own.append(i)
            i += 1
        elif take_new:
            other.append(j)
            j += 1
        elif i < len(old):
            own.append(i)
            i += 1
        else:
            other.append(j)
            j += 1
    groups.append((own, other))
    return groups


def moveaxis(a: Any, source: Any, destination: Any) -> Value:
    """Axes moved to other places, the rest in their order."""
    value = value_of(a)
    sources, targets = axis_numbers(source, value.rank), axis_numbers(destination, value.rank)
    if len(sources) != len(targets):
        raise InputError(f"{len(sources)} axes for {len(targets)} places")
    order = [k for k in range(value.rank) if k not in sources]
    for target, k in sorted(zip(targets, sources, strict=True)):
        order.insert(target, k)
    return transpose(value, tuple(order))


def broadcast_to(array: Any, shape: Any) -> Value:
    """The array repeated along axes of size 1 and new axes."""
    value = value_of(array)
    items = list(shape) if isinstance(shape, list | tuple) else [shape]
    sizes = tuple(as_size(item) for item in items)
    target = tuple(s for s in sizes if s is not None)
    if len(target) < len(sizes) or broadcast(value.shape, target) != target:
        raise ShapeError(f"shape {shown(value.shape)} does not broadcast to {shown(sizes)}")
    return Value(target, (value,), lambda indices: aligned(value, indices), value.boolean)
