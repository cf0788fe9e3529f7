"""Derivations of the catalogue's layers, each derived once in a process."""

from __future__ import annotations

from functools import cache

from symbackprop import Derivation, derive
from symbackprop.algebra.registry import CACHES


@cache
def derived(name: str) -> Derivation:
    """A layer as it is declared; derived anew after the caches of its nodes were cleared."""
    return derive(name)


CACHES.append(derived.cache_clear)
