"""Which names the user's code gives to its arrays, seen while it runs."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from symbackprop.algebra.deadline import check_time
from symbackprop.errors import SymbackpropError
from symbackprop.frontend.shapes import is_name
from symbackprop.frontend.value import Handle, Value
from symbackprop.frontend.where import is_users


class Names:
    """The name of each value: the one that the outermost function gave it, and there the first.

    refusal: the first error of this library that went through the user's code, caught or not.
    """

    def __init__(self) -> None:
        self._found: dict[Value, tuple[int, str]] = {}
        self.refusal: SymbackpropError | None = None

    def note(self, value: Value, name: str, depth: int = 0) -> None:
        """A variable of that name holds the value, `depth` calls inside the traced function."""
        plain = ascii_name(name)
        if value.array is not None and value.array.name == name:
            return
        if plain and depth < self._found.get(value, (sys.maxsize, ""))[0]:
            self._found[value] = (depth, plain)

    def get(self, value: Value) -> str | None:
        """The name of a value, None if no variable ever held it."""
        found = self._found.get(value)
        return None if found is None else found[1]


def ascii_name(name: str) -> str:
    """The name in letters that LaTeX and every terminal take, "" if nothing is left of it.

    μ is mu; outer underscores go, unless a keyword or a number would be left.
    """
    letters = []
    for letter in name:
        words = unicodedata.name(letter, "").split()
        if letter.isascii():
            letters.append(letter)
        elif words[:1] == ["GREEK"] and words[2:3] == ["LETTER"]:
            letters.append(words[3].lower() if words[1] == "SMALL" else words[3].capitalize())
    plain = "".join(letters)
    short = plain.strip("_")
    return short if is_name(short) else plain if is_name(plain) and short else ""


@contextmanager
def observed(names: Names) -> Iterator[None]:
    """Note what every variable of the user's functions is bound to, while they run inside.

    After each instruction, so that a name that is bound again on the same line is seen too.
    """
    depth = -1
    previous = sys.gettrace()

    def inside(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal depth
        check_time(lambda: frame.f_lineno)
        for name, held in frame.f_locals.items():
            if isinstance(held, Handle):
                names.note(held.value, name, depth)
        if event == "exception" and isinstance(arg[1], SymbackpropError):
            names.refusal = names.refusal or arg[1]
        if event == "return":
            depth -= 1
        return inside

    def on_call(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal depth
        if not is_users(frame):
            return None
        depth += 1
        frame.f_trace_opcodes = True
        return inside

    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(previous)
