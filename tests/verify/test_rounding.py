"""Rounding scales: what float64 could at best make of a computation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, Rational, exp, log, sqrt, tanh

from symbackprop.algebra.nodes import Array, Maximum
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.rounding import Rounding
from symbackprop.verify.scalars import Digits, Double, OutOfDomain

u, v = Array("u"), Array("v")
EXPRESSIONS: list[Expr] = [
    u[()] - v[()], u[()] * v[()] - 1, (u[()] - v[()]) ** 3, 1 / (u[()] - 3 * v[()]),
    exp(u[()]) - 1, 1 - tanh(u[()]), log(1 + exp(-u[()])), sqrt(2 + v[()]) - sqrt(2 + u[()]),
    (u[()] + Rational(1, 3)) ** -2 * exp(v[()] - u[()]), Maximum(u[()], v[()]) - u[()] / 7,
    (1 - tanh(40 * u[()])) * (1 - tanh(40 * v[()])), (1 - tanh(40 * u[()])) ** 2,
]  # fmt: skip


def rounded(expr: Expr, a: float, b: float, digits: int = 60) -> tuple[Any, Rounding]:
    scalars = Rounding(digits)
    arrays = {u: {(): scalars.exact(Fraction(a))}, v: {(): scalars.exact(Fraction(b))}}
    return evaluate(expr, scalars, {}, arrays, {}), scalars


@given(st.sampled_from(EXPRESSIONS), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_float64_stays_within_the_scale(expr: Expr, a: float, b: float) -> None:
    try:
        found, _ = rounded(expr, a, b)
        plain = evaluate(expr, Double(), {}, {u: {(): a}, v: {(): b}}, {})
    except OutOfDomain:
        return
    assert abs(found.value - plain) <= 2.3e-16 * found.scale + 1e-300  # which is underflow


def test_values_are_those_of_plain_digits() -> None:
    digits = Digits(60)
    arrays = {u: {(): digits.number(Fraction(5, 4))}, v: {(): digits.number(Fraction(-1, 8))}}
    for expr in EXPRESSIONS:
        found, _ = rounded(expr, 1.25, -0.125)
        want = evaluate(expr, digits, {}, arrays, {})
        assert abs(found.value - want) <= abs(want) * digits.mp.mpf("1e-55")


def test_cancellation_has_a_small_value_and_a_large_scale() -> None:
    y = 1 / (1 + exp(-u[()]))
    found, _ = rounded(1 - y, 40.0, 0.0)
    assert found.value == pytest.approx(4.2e-18, rel=0.02)
    assert 1 < found.scale < 6


def test_inputs_are_exact_and_other_numbers_are_not() -> None:
    scalars = Rounding(30)
    assert scalars.exact(Fraction(3, 8)).scale == 0
    assert scalars.exact(Fraction(1, 3)).scale == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("at", "digits", "enough"),
    [(1, 60, True), (100, 60, False), (100, 120, True), (1000, 480, True)],
)
def test_more_digits_are_asked_for_where_a_logarithm_needs_them(
    at: int, digits: int, enough: bool
) -> None:
    expr = log(1 - 1 / (1 + exp(-u[()])))
    found, scalars = rounded(expr, float(at), 0.0, digits)
    assert scalars.enough() is enough
    if enough:
        assert float(found.value) == pytest.approx(-at, rel=0.5)


def test_a_lost_number_is_no_number() -> None:
    scalars = Rounding(60)
    arrays = {u: {(): scalars.exact(Fraction(1000))}}
    with pytest.raises(OutOfDomain):
        evaluate(log(1 - 1 / (1 + exp(-u[()]))), scalars, {}, arrays, {})
    assert not scalars.enough()


@given(st.floats(-1.5, 1.5), st.floats(0.125, 1.5))
def test_equal_up_to_the_last_digits_is_equal(a: float, b: float) -> None:
    scalars = Rounding(60)
    arrays = {u: {(): scalars.exact(Fraction(a))}, v: {(): scalars.exact(Fraction(b))}}
    same = evaluate(log(exp(u[()]), evaluate=False), scalars, {}, arrays, {})
    assert scalars.compare(same, arrays[u][()]) == 0
    near = scalars.exact(Fraction(a) + Fraction(1, 10**40))
    assert scalars.compare(near, arrays[u][()]) == 1
    assert scalars.compare(arrays[u][()], near) == -1
