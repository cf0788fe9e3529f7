"""Names of bound indices that depend on what they bind alone, not on the names they come with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations

from symbackprop.algebra.nodes import Index
from symbackprop.algebra.poly import Poly, height, mono_key, poly_key

Rename = Callable[[Poly, Mapping[Index, Index]], Poly]
Ranks = dict[Index, int]


def canonical_body(
    body: Poly, bound: tuple[Index, ...], rename: Rename
) -> tuple[Poly, tuple[Index, ...]]:
    """The body with bound indices named by nesting depth, in the order of smallest key."""
    depth = height(body)
    best: tuple[str, Poly, tuple[Index, ...]] | None = None
    for order in permutations(bound) if len(bound) <= 4 else _orders_of(body, bound, rename):
        names = tuple(Index(f"\u00b7{depth + 1 + n}", b.size) for n, b in enumerate(order))
        renamed = rename(body, dict(zip(order, names, strict=True)))
        if len(bound) == 1:
            return renamed, names
        key = "+".join(sorted(mono_key(m) for m in renamed.terms)) + str([n.size for n in names])
        if best is None or key < best[0]:
            best = key, renamed, names
    assert best is not None
    return best[1:]


def _orders_of(
    body: Poly, bound: tuple[Index, ...], rename: Rename
) -> Iterator[tuple[Index, ...]]:
    """The orders to choose from: one, but for indices that the body does not tell apart.

    An index is told apart by how the body looks from it, when the others are named by what is
    known of them so far. Where this leaves two indices equal, each is tried as the first of them.
    """
    yield from _orders(body, bound, rename, dict.fromkeys(bound, 0))


def _orders(
    body: Poly, bound: tuple[Index, ...], rename: Rename, ranks: Ranks
) -> Iterator[tuple[Index, ...]]:
    ranks = _refined(body, bound, rename, ranks)
    tied = [b for b in bound if list(ranks.values()).count(ranks[b]) > 1]
    if not tied:
        yield tuple(sorted(bound, key=ranks.__getitem__))
        return
    lowest = min(ranks[b] for b in tied)
    for first in tied:
        if ranks[first] == lowest:
            later = {b: 2 * r + (r == lowest and b != first) for b, r in ranks.items()}
            yield from _orders(body, bound, rename, later)


def _refined(body: Poly, bound: tuple[Index, ...], rename: Rename, ranks: Ranks) -> Ranks:
    """Ranks that tell apart what these ranks and the body tell apart."""
    while True:
        marks = {b: Index(f"\u00b7rank{ranks[b]}", b.size) for b in bound}
        views = {
            b: (ranks[b], str(b.size),
                poly_key(rename(body, {**marks, b: Index("\u00b7this", b.size)})))
            for b in bound
        }  # fmt: skip
        places = {view: n for n, view in enumerate(sorted(set(views.values())))}
        finer = {b: places[views[b]] for b in bound}
        if len(places) == len(set(ranks.values())):
            return finer
        ranks = finer
