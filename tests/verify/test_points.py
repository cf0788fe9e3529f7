"""Sizes and input values: unequal, inside the domain, on the declared constraints only."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, Mul, Rational, Symbol, exp, log, sqrt

from symbackprop.algebra.nodes import Array, Index, IndexSum, Maximum, size_symbol
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.verify.constraints import Equation, Unrecognised, satisfy
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.sizes import assignments, possible
from tests.verify import handmade

n, N = size_symbol("n"), size_symbol("N")
j, k, i = Index("j", n), Index("k", n), Index("i", N)
x, t, T, w = Array("x", (n,)), Array("t", (n,)), Array("T", (N, n)), Array("w", (n,))
L = Array("L")


def program(expr: Expr, inputs: tuple[Array, ...], *known: Assumption) -> Program:
    return Program("made", inputs, (Definition(L, (), expr),), (L,), known)


def draw(made: Program, kind: str = "ordinary", variant: int = 0, **options: Any) -> Point:
    sampler = Sampler(made, 1, **options)
    return sampler.draw({n: 3, N: 2}, kind, variant)


@given(st.integers(0, 6))
def test_sizes_are_unequal_and_each_is_1_once(count: int) -> None:
    sizes = [size_symbol(f"s{q}") for q in range(count)]
    rows = assignments(sizes)
    assert all(list(row) == sizes for row in rows)
    for one, two in combinations(sizes, 2):
        assert any(1 not in row.values() and row[one] != row[two] for row in rows)
    for row in rows:
        values = list(row.values())
        assert len(set(values)) == len(values) or set(values) == {1} or count > 3
        assert count <= 3 or max(values) <= 3
    assert min(rows[0].values(), default=2) > 1
    for size in sizes:
        assert any(row[size] == 1 and list(row.values()).count(1) == 1 for row in rows)
        assert len({row[size] for row in rows}) > 1


M, K, H, P, C, D = (size_symbol(s) for s in "MKHPCD")


@pytest.mark.parametrize(
    ("sizes", "conditions", "shapes"),
    [
        ([M, K], [M - K], [(M,), (K,)]),
        ([n], [n - 2], [(n,)]),
        ([N, M, K], [M - 2 * K - 1], [(N, M), (K,)]),
        ([M, K, H, P], [M - K, H - P, M - K - 1], [(M, H), (K, P)]),
        ([N, C, H, P, D], [H * P - 1], [(N, C, H * P, H * P), (D, C, P, P)]),
        ([N, C, H, P], [2 * H - 1, 2 * P - 1], [(N, C, 2 * H, 2 * P)]),
    ],
)
def test_sizes_meet_their_conditions_and_keep_arrays_small(
    sizes: list[Symbol], conditions: list[Expr], shapes: list[tuple[Expr, ...]]
) -> None:
    rows = possible(sizes, conditions, shapes)
    assert all(int(c.xreplace(row)) >= 0 for row in rows for c in conditions)
    assert any(all(c.xreplace(row) > 0 for c in conditions) for row in rows)
    assert 1 not in rows[0].values()
    for one, two in combinations(sizes, 2):
        assert any(row[one] != row[two] for row in rows)
        assert any(row[one] > 1 and row[two] > 1 for row in rows)
    for row in rows:
        assert sum(int(Mul(*shape).xreplace(row)) for shape in shapes) <= 120


def test_conditions_that_no_size_meets_leave_no_sizes() -> None:
    assert possible([n], [-n]) == []


EQUATIONS: dict[str, tuple[Expr, Expr]] = {
    "sum": (IndexSum(t[k,], k), Integer(1)),
    "sum to 0": (IndexSum(t[k,], k), Integer(0)),
    "mean": (IndexSum(t[k,], k) / n, Rational(1, 3)),
    "sum to a size": (IndexSum(t[k,], k), n),
    "weighted by an input": (IndexSum(t[k,] * w[k,], k), Integer(1)),
    "two inputs": (IndexSum(t[k,], k), IndexSum(w[k,], k)),
    "rows": (IndexSum(T[i, k], k), Integer(1)),
    "columns": (IndexSum(T[i, k], i), Integer(1)),
    "the whole": (IndexSum(T[i, k], i, k), Integer(1)),
    "unit length": (IndexSum(t[k,] ** 2, k), Integer(1)),
    "exponentials": (IndexSum(exp(t[k,]), k), Integer(5)),
    "every element": (t[k,], Rational(1, 4)),
}


@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("name", EQUATIONS)
def test_declared_equations_hold(name: str, positive: bool) -> None:
    left, right = EQUATIONS[name]
    assumption = Assumption("==", left, right, name)
    equation = Equation(assumption, program(left, (t, w, T), assumption))
    for sizes in ({n: 3, N: 2}, {n: 1, N: 3}, {n: 4, N: 1}):
        rng = random.Random(5)
        low = 0.1 if positive else -2.0
        values = {
            array: {place: Fraction(round(rng.uniform(low, 2) * 2**20), 2**20)
                    for place in places}
            for array, places in (
                (t, [(a,) for a in range(sizes[n])]), (w, [(a,) for a in range(sizes[n])]),
                (T, [(a, b) for a in range(sizes[N]) for b in range(sizes[n])]))
        }  # fmt: skip
        satisfy([equation], sizes, values, rng, one_hot=False)
        for slot in equation.slots(sizes):
            assert equation.residual(sizes, values, slot) == 0


def test_sums_hold_exactly_in_float64() -> None:
    known = Assumption("==", IndexSum(t[k,], k), Integer(1), "sum(t) == 1")
    made = program(IndexSum(t[k,] * x[k,], k), (x, t), known)
    for variant in (0, 1):
        values = draw(made, variant=variant).values[t].values()
        assert all(Fraction(float(v)) == v for v in values)
        assert sum(float(v) for v in values) == 1
        assert min(values) > 0 or variant == 1


def test_extreme_targets_are_one_hot() -> None:
    known = Assumption("==", IndexSum(T[i, k], k), Integer(1), "sum(T, axis=1) == 1")
    made = program(IndexSum(T[i, k] * x[k,], i, k), (x, T), known)
    values = draw(made, "extreme").values[T]
    assert sorted(values.values()) == [0, 0, 0, 0, 1, 1]
    assert [sum(values[row, column] for column in range(3)) for row in range(2)] == [1, 1]


def test_nothing_declared_nothing_satisfied() -> None:
    made = program(IndexSum(t[k,] * x[k,], k), (x, t))
    assert abs(sum(draw(made).values[t].values()) - 1) > Fraction(1, 100)


def test_contradictions_are_reported() -> None:
    one, two = (Assumption("==", IndexSum(t[k,], k), Integer(c), f"is {c}") for c in (1, 2))
    with pytest.raises(NoPoint, match="is 1: no point was found"):
        draw(program(IndexSum(t[k,], k), (t,), one, two))


def test_an_equation_about_a_definition_is_not_recognised() -> None:
    y = Array("y", (n,))
    known = Assumption("==", IndexSum(y[k,], k), Integer(1), "sum(y) == 1")
    with pytest.raises(Unrecognised, match="sum\\(y\\) == 1: it is about y, which is computed"):
        Equation(known, program(IndexSum(t[k,], k), (t,), known))


DOMAINS: dict[str, tuple[Expr, Any]] = {
    "log": (IndexSum(log(x[k,]), k), lambda v: v > 0),
    "root": (IndexSum(sqrt(x[k,]), k), lambda v: v > 0),
    "root of a difference": (IndexSum(sqrt(4 - x[k,]), k), lambda v: v < 4),
    "between 0 and 1": (IndexSum(log(x[k,]) + log(1 - x[k,]), k), lambda v: 0 < v < 1),
    "anything": (IndexSum(exp(x[k,]), k), lambda v: True),
}


@pytest.mark.parametrize("name", DOMAINS)
@pytest.mark.parametrize("kind", ["ordinary", "extreme"])
def test_domains_are_found(name: str, kind: str) -> None:
    expr, inside = DOMAINS[name]
    values = draw(program(expr, (x, t)), kind).values
    assert all(inside(v) for v in values[x].values())
    assert len({v > 0 for v in [*values[t].values(), *values[t].values()]}) <= 2


def test_signs_and_hints_are_kept() -> None:
    signed = Array("q", (n,), ">0")
    made = program(IndexSum(x[k,] * signed[k,], k), (x, signed))
    for kind in ("ordinary", "extreme"):
        assert min(draw(made, kind).values[signed].values()) > 0
        assert min(draw(made, kind, positive=("x",)).values[x].values()) > 0


def test_extremes_hold_1000() -> None:
    made = handmade.softmax().backward
    sampler = Sampler(made.program, 0)
    found = [
        abs(v)
        for variant in (0, 1)
        for _ in range(4)
        for v in sampler.draw({n: 3}, "extreme", variant).values[made.wrt[0]].values()
    ]
    assert max(found) == 1000
    assert min(found) < 10


def test_points_keep_away_from_kinks() -> None:
    made = program(IndexSum(Maximum(x[k,], t[k,]), k), (x, t))
    sampler = Sampler(made, 2)
    for _ in range(30):
        point = sampler.draw({n: 4}, "ordinary", 0)
        near = min(abs(point.values[x][p] - point.values[t][p]) for p in point.values[x])
        assert near >= Fraction(2, 100)
        assert point.gap == pytest.approx(float(near))


def test_more_digits_at_the_extremes() -> None:
    expr = -IndexSum(log(1 - 1 / (1 + exp(-x[k,]))), k)
    assert draw(program(expr, (x,))).digits == 60
    assert draw(program(expr, (x,)), "extreme", 1).digits >= 480


def test_a_point_follows_from_the_seed() -> None:
    made = handmade.affine().backward
    sizes = assignments(made.program.sizes)[0]
    one, two, other = (
        Sampler(made.program, seed, weighted=made.program.outputs).draw(sizes, "ordinary", 0)
        for seed in (4, 4, 5)
    )
    assert one == two
    assert one != other
    assert set(one.cotangents) == set(made.program.outputs)
    assert len(set(one.cotangents[made.program.outputs[0]].values())) > 1


def test_a_value_compared_with_itself_leaves_no_point() -> None:
    made = program(IndexSum(Maximum(x[k,], Add(x[k,], 0 * t[k,], evaluate=False)), k), (x, t))
    with pytest.raises(NoPoint, match="at a kink"):
        draw(made)


def test_a_root_of_what_rounds_to_0_is_a_kink() -> None:
    """exp(-50) is lost beside 1, so that the deviation of 1 + exp(-50 x) from 1 is 0 in float64."""
    above = 1 + exp(-50 * (1 + x[k,] ** 2))
    made = program(IndexSum(sqrt(Add(above, -1, evaluate=False)), k), (x,))
    with pytest.raises(NoPoint, match="at a kink"):
        draw(made)
