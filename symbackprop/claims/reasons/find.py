"""All reasons that hold for a false claim, the most telling first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sympy import Basic, Expr

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.trees import elements
from symbackprop.claims.case import Case
from symbackprop.claims.reasons import other, partial, scale, terms, where
from symbackprop.claims.reasons.idea import Idea, Reason
from symbackprop.errors import NotYet

_SEARCHES: tuple[Callable[[Case], Iterator[Idea]], ...] = (
    scale.sign, other.transposed, scale.factors, other.factors_transposed, partial.left_out,
    terms.terms, scale.named_factors, other.another, other.diagonal, other.flipped, other.squared,
)  # fmt: skip
_ABOUT_PLACES: tuple[Callable[[Case], Iterator[Idea]], ...] = (where.halves,)
_MOST = 3


def reasons(case: Case) -> tuple[tuple[Reason, ...], Expr | None]:
    """The reasons, and true - claimed in its simplest form where there is one."""
    found: list[Reason] = []
    for search in _SEARCHES:
        found += first(case, search)
        if found:
            break
    gap = terms.gap(case)
    scaled = any(r.kind == "factor" for r in found)
    if gap is not None:
        for reason in (*where.extra(case, gap), *where.symmetric(case)):
            about_sizes = not any(elements(p) for p in reason.places.values()
                                  if isinstance(p, Basic))  # fmt: skip
            if len(found) < _MOST and not (scaled and about_sizes):
                found.append(reason)
    if not any(r.kind == "components" for r in found):
        for search in _ABOUT_PLACES:
            found += first(case, search)
    return tuple(found[:_MOST]), gap


def first(case: Case, search: Callable[[Case], Iterator[Idea]]) -> list[Reason]:
    """The first idea of a search that holds."""
    try:
        for idea in search(case):
            check_time()
            if idea.holds(case):
                return [idea.reason]
    except NotYet:
        pass
    return []
