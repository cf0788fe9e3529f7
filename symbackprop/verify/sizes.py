"""Concrete lengths for symbolic sizes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sympy import Basic, Expr


def possible(
    sizes: Sequence[Basic], conditions: Sequence[Expr]
) -> list[dict[Basic, int]]:
    """The assignments in which every condition, an expression in sizes, is at least 0.

    Where too few of them are left, others with larger lengths, unequal where that can be.
    """
    found = [s for s in assignments(sizes) if _holds(s, conditions)]
    if len(found) < 3 and conditions:
        more = (dict(zip(sizes, row, strict=True)) for row in product(*[range(1, 9)] * len(sizes)))
        good = [s for s in more if s not in found and _holds(s, conditions)]
        good.sort(key=lambda s: (len(s) - len(set(s.values())), 1 in s.values(), sum(s.values())))
        found = good[: 4 - len(found)] + found
    return found


def _holds(sizes: dict[Basic, int], conditions: Sequence[Expr]) -> bool:
    return all(int(c.xreplace(sizes)) >= 0 for c in conditions)

_FEW = 3


def assignments(sizes: Sequence[Basic]) -> list[dict[Basic, int]]:
    """Small lengths for each size: unequal ones, each size alone at 1, and all at 1.

    Two different sizes are unequal somewhere, and up to three sizes everywhere but where all are
    1: a formula that confuses two axes shows. The first assignment has no size of 1.

    >>> from sympy.abc import m, n
    >>> assignments([n, m])
    [{n: 3, m: 2}, {n: 2, m: 4}, {n: 1, m: 3}, {n: 3, m: 1}, {n: 1, m: 1}]
    """
    count = len(sizes)
    if count == 0:
        return [{}]
    rows = _unequal(count) if count <= _FEW else _told_apart(count)
    several = len(rows)
    for place in range(count):
        others = rows[place % several]
        if count <= _FEW:
            others = rows[0][count - 1 - place :] + rows[0][: count - 1 - place]
        rows.append([1 if i == place else n for i, n in enumerate(others)])
    if count > 1:
        rows.append([1] * count)
    return [dict(zip(sizes, row, strict=True)) for row in rows]


def _unequal(count: int) -> list[list[int]]:
    """Falling lengths, and rising ones."""
    return [list(range(count + 1, 1, -1)), [*range(2, count + 1), count + 2]]


def _told_apart(count: int) -> list[list[int]]:
    """Lengths 2 and 3 only, by the binary digits of each place: arrays of many axes stay small."""
    digits = range((count - 1).bit_length())
    return [[3 - (place >> digit & 1) for place in range(count)] for digit in digits]
