"""Sizes as integers: `n // 2`, every second of n elements."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, S

from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import canonical, divided, indices_of
from symbackprop.errors import NotYet
from symbackprop.frontend.value import Handle, Value, value_of


def as_size(thing: Any) -> Expr | None:
    """A Python integer, or a value that is an expression in sizes, as an integer expression."""
    if isinstance(thing, bool):
        return None
    if isinstance(thing, Handle | Value):
        value = value_of(thing)
        if value.rank or value.depends or value.boolean:
            return None
        size = canonical(value.at(()))
        return size if size.is_integer and not indices_of(size) else None
    return Integer(int(thing)) if hasattr(thing, "__index__") else None


def divided_up(count: Expr, step: int) -> Expr:
    """⌈count / step⌉ of a size.

    Raises:
        NotYet: a symbolic size that is not a multiple of the step.
    """
    if count.is_Integer:
        return Integer(-(-int(count) // step))
    rest = count.as_coeff_Add()[0]
    share = divided(count - rest, Integer(step))
    if share is None:
        raise NotYet(f"every {step} of {size_text(count)} elements; give the axis a size such as "
                     f"{step}*m")
    return canonical(share + Integer(-(-int(rest) // step)))


def floor_divide(x: Any, y: Any) -> Value:
    """n // k of sizes, where it leaves no remainder."""
    share = _share(x, y)
    return Value((), (), lambda indices: share)


def remainder(x: Any, y: Any) -> Value:
    """n % k of sizes: 0, where k divides n."""
    _share(x, y)
    return Value((), (), lambda indices: S.Zero)


def _share(x: Any, y: Any) -> Expr:
    left, right = as_size(x), as_size(y)
    if left is None or right is None or right == 0:
        raise NotYet("of values has no useful derivative; it is for sizes only")
    if left.is_Integer and right.is_Integer:
        return Integer(int(left) // int(right))
    found = divided(left, right)
    if found is None:
        by = size_text(right)
        raise NotYet(f"{size_text(left)} // {by} may leave a remainder; give the axis a size such "
                     f"as {by}*m")
    return found
