"""Libraries that pictures need, of the extra `graph`."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from warnings import catch_warnings, simplefilter

from symbackprop.errors import MissingExtra


def needed(module: str) -> Any:
    """The module; raises MissingExtra, which says how to install it."""
    try:
        with catch_warnings():
            # What a library still uses of an older Python is not for its users to mend.
            simplefilter("ignore", DeprecationWarning)
            return import_module(module)
    except ImportError as error:
        raise MissingExtra("graph", module.partition(".")[0]) from error
