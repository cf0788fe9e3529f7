"""What the shapes and the labels must satisfy for a forward pass to make sense, as it is traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sympy import Expr

from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import never_negative
from symbackprop.errors import ShapeError

_noted: ContextVar[dict[Assumption, None] | None] = ContextVar("requirements", default=None)


@contextmanager
def requirements() -> Iterator[dict[Assumption, None]]:
    """The requirements that are noted inside."""
    noted: dict[Assumption, None] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def require(larger: Expr, smaller: Expr, otherwise: str) -> None:
    """Two sizes of which one is at least as large as the other.

    Raises:
        ShapeError: it never is; `otherwise` says what that means.
    """
    gap = (larger - smaller).expand()
    if never_negative(gap):
        return
    if never_negative(-1 - gap):
        raise ShapeError(otherwise)
    _note(Assumption("size", larger, smaller, f"{size_text(larger)} >= {size_text(smaller)}"))


def name_positions(array: Array, size: Expr) -> None:
    """The elements of an input name positions 0, 1, ..., size - 1."""
    element = array[tuple(_axis_indices(array))]
    _note(Assumption("label", element, size, f"{array.name} in range({size_text(size)})"))


def _axis_indices(array: Array) -> Iterator[Expr]:
    return (Index(f"\u00b7axis{k}", size) for k, size in enumerate(array.axes))


def _note(assumption: Assumption) -> None:
    noted = _noted.get()
    if noted is not None:
        noted[assumption] = None
