"""The languages of the words between formulas, by the gettext catalogues in `locale/`.

English is the key of every message, so it needs no catalogue. Which language is used is asked for,
never taken from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from symbackprop.emit.phrases import Translate, english
from symbackprop.errors import InputError

LANGUAGES = ("en", "zh", "es")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*')
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def translation(lang: str) -> Translate:
    """Translates a message into a language; raises InputError for one that there is not."""
    if lang == "en":
        return english
    if lang not in LANGUAGES:
        raise InputError(f"there is no language {lang!r}; write one of {', '.join(LANGUAGES)}")
    messages = catalogue(lang)
    return lambda template: messages.get(template) or template


@cache
def catalogue(lang: str) -> dict[str, str]:
    """The messages of a language: from the English to its own."""
    from importlib.resources import files

    path = files("symbackprop") / "locale" / lang / "LC_MESSAGES" / "symbackprop.po"
    found = dict(read_po(path.read_text(encoding="utf-8")))
    found.pop("", None)  # what stands there is about the file
    return found


def read_po(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of msgid and msgstr in a catalogue, in order.

    Raises ValueError for a line that is none of those that we write.
    """
    entry: dict[str, str] = {}
    part = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        word, space, rest = line.partition(" ")
        if word == "msgid" and "msgstr" in entry:
            yield entry["msgid"], entry["msgstr"]
            entry = {}
        if space and word in ("msgid", "msgstr"):
            part = word
        else:
            rest = line
        string = _STRING.fullmatch(rest)
        if string is None or not part:
            raise ValueError(f"line {number} is no part of a catalogue: {line!r}")
        entry[part] = entry.get(part, "") + _unescaped(string[1])
    if "msgstr" in entry:
        yield entry["msgid"], entry["msgstr"]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), text)
