"""Names in generated Python: what an array is called where its own name is not free."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Hashable, Iterable


class Namer:
    """Gives each key one Python identifier that nothing else in the scope has."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._names: dict[Hashable, str] = {}

    def name(self, key: Hashable, wish: str) -> str:
        """The identifier of this key: its wish, or the wish with `_` or a number behind it."""
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = self._free(identifier(wish))
            self._taken.add(found)
        return found

    def claim(self, key: Hashable, name: str) -> None:
        """Give a key exactly this name, which may be a taken one."""
        self._names[key] = name
        self._taken.add(name)

    def fresh(self, wish: str) -> str:
        """An identifier that was not given before, numbered where the wish is not free: u, u2."""
        found, number = wish, 2
        while found in self._taken:
            found, number = f"{wish}{number}", number + 1
        self._taken.add(found)
        return found

    def _free(self, wish: str) -> str:
        if wish not in self._taken:
            return wish
        candidate = f"{wish}_"
        number = 2
        while candidate in self._taken:
            candidate = f"{wish}_{number}"
            number += 1
        return candidate


def identifier(name: str) -> str:
    """The name as Python reads an identifier (NFKC); a keyword gets a `_`, other signs become `_`.

    >>> identifier("lambda"), identifier("x-y"), identifier("2nd")
    ('lambda_', 'x_y', '_2nd')
    """
    signs = unicodedata.normalize("NFKC", name) or "_"
    text = "".join(c if f"a{c}".isidentifier() else "_" for c in signs)
    text = text if text.isidentifier() else f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


def field_name(name: str) -> str:
    """The name as a field of a NamedTuple, which must not begin with `_`."""
    return identifier(name).lstrip("_") or "field"
