"""The catalogue: layers that installed packages offer under `symbackprop.derivations`.

A package adds a layer with an entry point in that group, from the layer's name to its `Layer`:

    [project.entry-points."symbackprop.derivations"]
    my-layer = "my_package.my_layer:LAYER"
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from symbackprop.errors import InputError, UnknownNameError
from symbackprop.layer import Layer

GROUP = "symbackprop.derivations"


@cache
def _entries() -> dict[str, EntryPoint]:
    # The first distribution on the path wins, as it does for an import.
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry)
    return dict(sorted(found.items()))


def names() -> tuple[str, ...]:
    """The names of all layers, sorted; no layer is imported."""
    return tuple(_entries())


def load(name: str) -> Layer:
    """The layer of that name.

    Raises UnknownNameError, with the nearest name, if there is none; InputError if the package
    that offers it cannot be imported or offers something else.
    """
    entry = _entries().get(name)
    if entry is None:
        near = get_close_matches(name, names(), n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else "see them all with 'symbackprop list'"
        raise UnknownNameError(f"there is no layer called {name!r}; {hint}")
    try:
        layer = entry.load()
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"layer {name!r} ({entry.value}) cannot be loaded: {error}") from error
    if not isinstance(layer, Layer):
        raise InputError(f"layer {name!r} ({entry.value}) is not a symbackprop.layer.Layer")
    return layer
