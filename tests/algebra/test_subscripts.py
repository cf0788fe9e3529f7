"""Subscripts: equal ones are one expression, ranges are sound, blocks agree with integers."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, Integer

from symbackprop.algebra.nodes import Delta, Index, Quotient, Remainder, size_symbol
from symbackprop.algebra.poly import ONE, Poly
from symbackprop.algebra.positions import in_range
from symbackprop.algebra.subscripts import at_least, bounds, canonical, divided, never_negative

n, m, G, P = (size_symbol(name) for name in ("n", "m", "G", "P"))
i, j, g, p, k = Index("i", n), Index("j", m), Index("g", G), Index("p", P), Index("k", G * P)

integers = st.integers(-4, 4)
affine = st.builds(
    lambda a, b, c, d, e: a * i + b * j + c * n + d * m + e,
    integers, integers, integers, integers, integers,
)  # fmt: skip


def value(u: Expr, at: dict[Expr, int]) -> int:
    return int(u.xreplace(at))


def places(sizes: tuple[int, int]) -> list[dict[Expr, int]]:
    rows, columns = sizes
    return [
        {n: Integer(rows), m: Integer(columns), i: Integer(a), j: Integer(b)}
        for a, b in product(range(1, rows + 1), range(1, columns + 1))
    ]


@given(affine)
def test_the_bounds_of_a_subscript_are_reached_and_not_passed(u: Expr) -> None:
    ends = bounds(canonical(u))
    assert ends is not None
    for sizes in ((1, 1), (2, 3), (4, 2)):
        values = [value(u, at) for at in places(sizes)]
        swap = {n: Integer(sizes[0]), m: Integer(sizes[1])}
        assert (min(values), max(values)) == tuple(int(e.xreplace(swap)) for e in ends)


@given(affine, affine)
def test_what_is_decided_holds_everywhere(u: Expr, v: Expr) -> None:
    decided = at_least(canonical(u), canonical(v))
    if decided is not None:
        for sizes in ((1, 1), (1, 3), (3, 1), (2, 4)):
            assert all((value(u - v, at) >= 0) == decided for at in places(sizes))


@given(affine, affine)
def test_a_delta_is_decided_rightly(u: Expr, v: Expr) -> None:
    found = Delta(canonical(u), canonical(v))
    for sizes in ((1, 1), (2, 3), (4, 2)):
        for at in places(sizes):
            same = value(u - v, at) == 0
            if found.is_Integer:
                assert int(found) == same
            else:
                left, right = found.args
                assert (value(left - right, at) == 0) == same


@given(st.integers(1, 5), st.integers(1, 40))
def test_blocks_are_those_of_integers(size: int, position: int) -> None:
    block, place = Quotient(Integer(position), Integer(size)), Remainder(
        Integer(position), Integer(size)
    )
    assert (int(block), int(place)) == ((position - 1) // size + 1, (position - 1) % size + 1)


@pytest.mark.parametrize(
    ("u", "size", "block", "place"),
    [
        (P * (g - 1) + p, P, g, p),
        (P * g, P, g, P),
        (2 * i - 1, Integer(2), i, Integer(1)),
        (2 * i, Integer(2), i, Integer(2)),
        (2 * i + 3, Integer(2), i + 2, Integer(1)),
        (p, P, Integer(1), p),
    ],
)
def test_the_block_and_the_place_of_a_sum(u: Expr, size: Expr, block: Expr, place: Expr) -> None:
    assert canonical(Quotient(canonical(u), size)) == block
    assert canonical(Remainder(canonical(u), size)) == place


def test_a_block_and_its_place_make_the_position() -> None:
    assert canonical(P * (Quotient(k, P) - 1) + Remainder(k, P)) == k


def test_the_same_in_blocks_of_blocks() -> None:
    A, B, C = (size_symbol(name) for name in "ABC")
    flat = Index("f", A * B * C)
    inner, outer = Quotient(flat, C), Quotient(Quotient(flat, C), B)
    whole = B * C * (outer - 1) + C * (Remainder(inner, B) - 1) + Remainder(flat, C)
    assert canonical(whole) == flat


@pytest.mark.parametrize(
    ("u", "size", "inside"),
    [(i, n, True), (i, n + 1, True), (i + 1, n + 1, True), (i + 1, n, False), (i - 1, n, False),
     (n - i + 1, n, True), (P * (g - 1) + p, G * P, True), (k, G * P, True)],
)  # fmt: skip
def test_whether_a_subscript_is_within_an_axis(u: Expr, size: Expr, inside: bool) -> None:
    found: Poly = in_range(canonical(u), size)
    assert (found == ONE) == inside


@pytest.mark.parametrize(
    ("e", "size", "share"),
    [(2 * n, Integer(2), n), (n, Integer(2), None), (n * m, m, n), (G * P - P, P, G - 1),
     (n + 1, n, None)],
)  # fmt: skip
def test_whole_shares(e: Expr, size: Expr, share: Expr | None) -> None:
    assert divided(e, size) == share


@pytest.mark.parametrize(
    ("e", "never"),
    [(n - 1, True), (n, True), (n - 2, False), (n * m - n, True), (m - n, False), (-n, False)],
)
def test_the_sign_of_a_size(e: Expr, never: bool) -> None:
    assert never_negative(e) == never


def test_whole_blocks_of_a_sum_of_sizes() -> None:
    cells = canonical(2 * n * m + 2 * n**2)
    assert Quotient(cells, m + n) == 2 * n
    assert canonical(Remainder(cells, m + n) - m - n) == 0
    assert Quotient(canonical(cells + i), m + n) == 2 * n + 1  # i is at most n
    assert Quotient(canonical(n * m + 1), m + n).atoms(Quotient)
