"""Derivations of the catalogue's layers, each derived once in a process."""

from __future__ import annotations

from functools import cache

import symbackprop as sb
from symbackprop.algebra.registry import CACHES


@cache
def derived(name: str) -> sb.Derivation:
    """A layer as it is declared; derived anew after the caches of its nodes were cleared."""
    return sb.derive(name)


CACHES.append(derived.cache_clear)
