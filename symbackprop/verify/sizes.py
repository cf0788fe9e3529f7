"""Concrete lengths for symbolic sizes."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Basic, Expr, Mul

_FEW = 3
_ELEMENTS = 80
_ROUNDS = 8


def possible(
    sizes: Sequence[Basic], conditions: Sequence[Expr], shapes: Sequence[Sequence[Expr]] = ()
) -> list[dict[Basic, int]]:
    """Lengths for each size with which every condition, an expression in sizes, is at least 0.

    shapes: arrays that have few elements in all of the assignments, where that can be.
    """
    elements: Expr = Add(*(Mul(*shape) for shape in shapes))
    found: list[dict[Basic, int]] = []
    for row in assignments(sizes):
        # With a length to spare, the axis of a difference has more than one element.
        spare = int(1 not in row.values())
        fitted = _fitted(row, conditions, spare)
        if fitted is None or int(elements.xreplace(fitted)) > _ELEMENTS:
            small = _smaller(row)
            fitted = _fitted(small, conditions, spare) or _fitted(small, conditions, 0) or fitted
        if fitted is not None and fitted not in found:
            found.append(fitted)
    if found and 1 in found[0].values():  # the first assignment decides whether there are points
        pairs = _fitted(dict.fromkeys(sizes, 2), conditions, 1)
        found = ([pairs] if pairs else []) + found
    return found


def _smaller(row: dict[Basic, int]) -> dict[Basic, int]:
    """Lengths of 2 and less; where none is 1, those that were unequal stay so."""
    if 1 in row.values():
        return {s: min(n, 2) for s, n in row.items()}
    return {s: max(n - 1, 1) for s, n in row.items()}


def _fitted(
    row: dict[Basic, int], conditions: Sequence[Expr], spare: int
) -> dict[Basic, int] | None:
    """The lengths, made longer where a condition wants that; None where it cannot be met.

    spare: what each condition has above 0.
    """
    row = dict(row)
    for _ in range(_ROUNDS):
        short = [(c, int(c.xreplace(row))) for c in conditions]
        short = [(c, n) for c, n in short if n < spare]
        if not short:
            return row
        condition, lack = short[0]
        terms = condition.expand().as_coefficients_dict()
        longer = [s for s in row if terms.get(s, 0) > 0]
        if not longer:
            return None
        share = int(terms[longer[0]])
        row[longer[0]] += -((lack - spare) // share)
    return None



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
