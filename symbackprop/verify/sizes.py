"""Concrete lengths for symbolic sizes."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic


def assignments(sizes: Sequence[Basic]) -> list[dict[Basic, int]]:
    """Small lengths for each size: unequal ones, each size alone at 1, and all at 1.

    Two different sizes are never equal, except where all are 1: a formula that confuses two axes
    shows. The first assignment has no size of 1.

    >>> from sympy.abc import m, n
    >>> assignments([n, m])
    [{n: 3, m: 2}, {n: 2, m: 4}, {n: 1, m: 3}, {n: 3, m: 1}, {n: 1, m: 1}]
    """
    count = len(sizes)
    if count == 0:
        return [{}]
    falling = list(range(count + 1, 1, -1))
    rising = [*range(2, count + 1), count + 2]
    rows = [falling, rising]
    for place in range(count):
        others = falling[count - 1 - place :] + falling[: count - 1 - place]
        rows.append([1 if i == place else n for i, n in enumerate(others)])
    if count > 1:
        rows.append([1] * count)
    return [dict(zip(sizes, row, strict=True)) for row in rows]
