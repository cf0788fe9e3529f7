"""Axes written out: every place of them, and expressions at one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from sympy import Basic, Expr, Integer

from symbackprop.algebra.nodes import Index
from symbackprop.calculus.cases import settled
from symbackprop.errors import InputError
from symbackprop.graph.forms import length
from symbackprop.graph.places import at_sizes, placed

MOST = 150  # nodes that a reader can take in
SHORT = 6  # the length up to which sums are written out on a line
Sizes = Mapping[Basic, int]
Place = tuple[int, ...]


def places_of(indices: tuple[Index, ...], sizes: Sizes) -> Iterator[Place]:
    """All places of an array with these indices, counted from 1."""
    return product(*(range(1, int(i.size.xreplace(dict(sizes))) + 1) for i in indices))


def count_of(indices: tuple[Index, ...], sizes: Sizes) -> int:
    """How many places there are."""
    return prod(int(i.size.xreplace(dict(sizes))) for i in indices)


def written_at(expr: Basic, indices: tuple[Index, ...], place: Place, sizes: Sizes) -> Expr:
    """An expression at one place."""
    mapping = dict(zip(indices, map(Integer, place), strict=True))
    here = placed(expr, mapping)
    short = settled(at_sizes(here, sizes))
    written = settled(at_sizes(here, sizes, sums=True))
    return written if length(written) <= max(SHORT, length(short)) else short


def too_many(count: int, about: str = "", what: str = "nodes") -> InputError:
    """What is said of a graph that would be too large to be read."""
    return InputError(
        f"written out, the graph has {about}{count} {what}, too many to read (the most is {MOST}); "
        "give smaller sizes, or draw it without a concrete n"
    )
