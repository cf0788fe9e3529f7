"""The subscripts of einsum: which axes share an index, and which are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from symbackprop.errors import InputError

Label: TypeAlias = str
"""A letter of the subscripts, or `.k` for the axis that is k-th from the end of an ellipsis."""


def labelled(subscripts: str, ranks: Sequence[int]) -> tuple[list[list[Label]], list[Label]]:
    """The labels of each operand's axes, and those of the result.

    "ij,jk->ik", "...i,i", "ii->i"; without `->` the result has the labels that occur once, in
    alphabetical order, after those of the ellipsis.

    Raises:
        InputError: subscripts that do not fit the operands' ranks, or that einsum has not.
    """
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise InputError(f"{subscripts!r} is for {len(terms)} arrays; there are {len(ranks)}")
    labels = [_labels(term, rank, subscripts) for term, rank in zip(terms, ranks, strict=True)]
    widest = max((sum(x[0] == "." for x in own) for own in labels), default=0)
    dots = [f".{k}" for k in range(widest, 0, -1)]
    if not arrow:
        counts = Counter(x for own in labels for x in own if x[0] != ".")
        return labels, [*dots, *sorted(x for x, times in counts.items() if times == 1)]
    kept: list[Label] = []
    before, ellipsis, after = output.partition("...")
    for part in (before, ellipsis, after):
        kept += dots if part == "..." else list(part)
    known = {x for own in labels for x in own}
    wrong = [x for x in kept if x not in known] + [x for x, n in Counter(kept).items() if n > 1]
    if wrong:
        raise InputError(f"{subscripts!r}: {wrong[0]!r} of the result is not once in the inputs")
    if dots and not ellipsis:
        raise InputError(f"{subscripts!r}: the result has no ..., but the inputs have axes for it")
    return labels, kept


def _labels(term: str, rank: int, subscripts: str) -> list[Label]:
    before, ellipsis, after = term.partition("...")
    letters = before + after
    if not all(c.isascii() and c.isalpha() for c in letters):
        raise InputError(f"{subscripts!r}: {term!r} is not letters with at most one ...")
    rest = rank - len(letters)
    if rest < 0 or (rest and not ellipsis):
        raise InputError(f"{subscripts!r}: {term!r} is for an array of another rank than {rank}")
    return [*before, *(f".{k}" for k in range(rest, 0, -1)), *after]
