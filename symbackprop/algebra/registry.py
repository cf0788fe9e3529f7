"""The tables of laws: every rewriting law, derivative rule and lowering is called through one.

A law is a small function whose docstring is its formula. That each goes through its table lets
a test corrupt one law and see the verification go red.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LAWS: dict[str, Callable[..., object]] = {}
"""What the derivation rests on."""
LOWERINGS: dict[str, Callable[..., object]] = {}
"""What the generated NumPy code rests on: stable forms, guards, axes, contractions."""
CACHES: list[Callable[[], None]] = []


def law(function: Callable[P, R]) -> Callable[P, R]:
    """Register a law under its name and call it through the table."""
    return _through(LAWS, function)


def lowering(function: Callable[P, R]) -> Callable[P, R]:
    """Register a lowering rule, a function or a method, and call it through the table."""
    return _through(LOWERINGS, function)


def _through(table: dict[str, Callable[..., object]], function: Callable[P, R]) -> Callable[P, R]:
    name = function.__name__.lstrip("_")
    if name in table:
        raise ValueError(f"two laws are called {name}")
    table[name] = function

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return table[name](*args, **kwargs)  # type: ignore[return-value]

    return call


def clear_caches() -> None:
    """Forget every memoised result (after a law was replaced)."""
    for clear in CACHES:
        clear()
