"""A limit of time for a derivation, asked for in the loops in which it could run away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from symbackprop.errors import InputError, TimedOut


@dataclass
class _Limit:
    """seconds: what was given. end: on the clock. place: what is being worked on."""

    seconds: float
    end: float
    place: str = ""


_limit: ContextVar[_Limit | None] = ContextVar("limit", default=None)


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """What runs inside is stopped after so many seconds, None for no limit of its own.

    An outer limit that ends earlier still holds. Raises InputError for a limit that is not above 0.
    """
    if seconds is None:
        yield
        return
    if not seconds > 0:
        raise InputError(f"a timeout of {seconds} seconds; give a number above 0")
    new = _Limit(seconds, time.monotonic() + seconds)
    outer = _limit.get()
    token = _limit.set(outer if outer is not None and outer.end < new.end else new)
    try:
        yield
    finally:
        _limit.reset(token)


@contextmanager
def working_on(place: str) -> Iterator[None]:
    """What runs inside works on this; the message says so if it is stopped."""
    limit = _limit.get()
    if limit is None:
        yield
        return
    outer, limit.place = limit.place, place
    try:
        yield
    finally:
        limit.place = outer


def check_time(line: Callable[[], int | None] | None = None) -> None:
    """Raise TimedOut when the time is over; line: finds that of the user's file that runs now."""
    limit = _limit.get()
    if limit is not None and time.monotonic() > limit.end:
        at = f" at {limit.place}" if limit.place else ""
        number = None if line is None else line()
        at += "" if number is None else f" (line {number})"
        raise TimedOut(
            f"stopped after {limit.seconds:g} s{at}; give the parts of long expressions names "
            "(u = ...; y = f(u)), or allow more time (--timeout, timeout=)"
        )
