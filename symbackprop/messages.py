"""The mark on English text that is printed between formulas: the key of its translations.

`locale/` holds a catalogue for each other language; a test collects what is marked and compares.
"""

from __future__ import annotations


def message(text: str) -> str:
    """The text as it is; marked, so that the translations are checked to have it."""
    return text
