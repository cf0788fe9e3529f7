"""The table of laws: every rewriting law and derivative rule is called through it.

A law is a small function whose docstring is its formula. That each goes through the table lets
a test corrupt one law and see the verification go red.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LAWS: dict[str, Callable[..., object]] = {}
CACHES: list[Callable[[], None]] = []


def law(function: Callable[P, R]) -> Callable[P, R]:
    """Register a law under its name and call it through the table."""
    name = function.__name__
    LAWS[name] = function

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return LAWS[name](*args, **kwargs)  # type: ignore[return-value]

    return call


def clear_caches() -> None:
    """Forget every memoised result (after a law was replaced)."""
    for clear in CACHES:
        clear()
