"""Where in the user's own code or text something happened, for error messages."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType

_piece: ContextVar[str | None] = ContextVar("piece", default=None)
_not_users = {"numpy", "scipy", "sympy", "symbackprop", *sys.stdlib_module_names}


def shorten(text: str, limit: int = 60) -> str:
    """The text on one line, cut where it is longer than `limit`."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


@contextmanager
def piece_of_text(text: str) -> Iterator[None]:
    """Errors raised inside are about this piece of an expression text."""
    token = _piece.set(shorten(text))
    try:
        yield
    finally:
        _piece.reset(token)


def is_users(frame: FrameType) -> bool:
    """Whether a frame runs the user's code: not this library's, NumPy's or Python's own."""
    module = str(frame.f_globals.get("__name__", ""))
    return module.partition(".")[0] not in _not_users


def user_frame() -> FrameType | None:
    """The innermost frame that runs the user's code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_users(frame):
        frame = frame.f_back
    return frame


def library_call() -> str:
    """The function that the user called, such as scipy.special.softmax; "" if there is none."""
    frame: FrameType | None = sys._getframe(1)
    inner = None
    while frame is not None and not is_users(frame):
        inner, frame = frame, frame.f_back
    module = "" if inner is None else str(inner.f_globals.get("__name__", ""))
    if inner is None or module.startswith("symbackprop"):
        return ""
    public = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return f"{public}.{inner.f_code.co_name}"


def user_line() -> int | None:
    """The line of the user's file that runs now; None inside an expression text."""
    if _piece.get() is not None:
        return None
    frame = user_frame()
    return None if frame is None else frame.f_lineno


def where() -> str:
    """` (line 3 of layer.py: `y = x @ w`)`, to end an error message with."""
    piece = _piece.get()
    if piece is not None:
        return f" (in `{piece}`)"
    frame = user_frame()
    return "" if frame is None else at_line(frame.f_code.co_filename, frame.f_lineno)


def at_line(filename: str, line: int) -> str:
    """The same for a known file and line."""
    source = linecache.getline(filename, line)
    shown = f": `{shorten(source)}`" if source.strip() else ""
    return f" (line {line} of {Path(filename).name}{shown})"
