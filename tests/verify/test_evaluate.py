"""Index expressions at concrete sizes: one table of meanings, and NumPy's own answers."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    Expr,
    Float,
    Integer,
    Mul,
    Not,
    Pow,
    Rational,
    Symbol,
    exp,
    gamma,
    log,
    pi,
    sign,
    sqrt,
    tanh,
)

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
    size_symbol,
)
from symbackprop.errors import NotYet
from symbackprop.verify.evaluate import evaluate, fill
from symbackprop.verify.scalars import Digits, Double, Exact, OutOfDomain
from symbackprop.verify.state import State

n, m = size_symbol("n"), size_symbol("m")
i, j, k = Index("i", m), Index("j", n), Index("k", n)
x, A, c, row = Array("x", (n,)), Array("A", (m, n)), Array("c"), Array("r", (Integer(1), n))
SIZES = {n: 3, m: 2}
X = [2.0, -3.0, 0.5]
ARRAYS: dict[Array, dict[tuple[int, ...], Any]] = {
    x: {(q,): v for q, v in enumerate(X)},
    A: {(q, r): float(10 * q + r) for q in range(2) for r in range(3)},
    c: {(): 7.0},
    row: {(q,): float(q) for q in range(3)},
}

TABLE: dict[str, tuple[Expr, float]] = {
    "number": (Rational(3, 4), 0.75),
    "float": (Float("0.5"), 0.5),
    "pi": (pi, np.pi),
    "size": (n * (m + 1), 9.0),
    "element": (x[k,], -3.0),
    "rank 0": (c[()], 7.0),
    "an axis of size 1 has no index": (row[k,], 1.0),
    "index as a number from 1": (k * x[k,], -6.0),
    "unevaluated sum": (Add(x[k,], x[k,], evaluate=False), -6.0),
    "product with 0": (Mul(0, x[k,], evaluate=False), 0.0),
    "square": (x[k,] ** 2, 9.0),
    "cube": (x[k,] ** 3, -27.0),
    "inverse": (1 / x[k,], -1 / 3),
    "root": (sqrt(c[()]), 7**0.5),
    "negative root": (Pow(c[()], Rational(-3, 2)), 7**-1.5),
    "power of arrays": (Pow(c[()], x[k,]), 7.0**-3),
    "size as an exponent": (Pow(x[k,], n), -27.0),
    "exp": (exp(x[k,]), np.exp(-3)),
    "log": (log(c[()]), np.log(7)),
    "tanh": (tanh(x[k,]), np.tanh(-3)),
    "abs": (Abs(x[k,]), 3.0),
    "sign": (sign(x[k,]), -1.0),
    "delta off": (Delta(j, k), 0.0),
    "sum": (IndexSum(x[j,], j), -0.5),
    "sum of two indices": (IndexSum(A[i, j], i, j), 36.0),
    "sum of a constant": (IndexSum(c[()], j), 21.0),
    "delta under a sum": (IndexSum(x[j,] * Delta(j, k), j), -3.0),
    "contraction": (IndexSum(A[i, j] * x[j,], j), (10 * 2 - 11 * 3 + 12 * 0.5)),
    "nested sums": (IndexSum(x[j,] * IndexSum(A[i, j], i), j), 10 * 2 - 12 * 3 + 14 * 0.5),
    "the same bound index twice": (
        IndexSum(x[j,], j) * IndexSum(x[j,] ** 2, j), -0.5 * (4 + 9 + 0.25)),
    "an inner index hides an outer one": (IndexSum(IndexSum(x[j,], j) + x[j,], j), -2.0),
    "a sum inside that uses the free index": (IndexSum(x[j,] * x[k,], j), 1.5),
    "max": (IndexMax(x[j,], j), 2.0),
    "max of a function": (IndexMax(-x[j,] * x[k,], j), 6.0),
    "maximum": (Maximum(x[k,], Integer(0)), 0.0),
    "minimum": (Minimum(x[k,], Integer(0)), -3.0),
    "iverson": (Iverson(x[k,] < 0), 1.0),
    "and": (Iverson((x[k,] < 0) & (c[()] < 5)), 0.0),
    "or": (Iverson((x[k,] < 0) | (c[()] < 5)), 1.0),
    "not": (Iverson(Not((x[k,] < 0) & (c[()] < 5))), 1.0),
    "where": (Where(x[k,] >= 0, x[k,], exp(c[()])), np.exp(7)),
    "where takes one side only": (Where(x[k,] >= 0, log(x[k,]), c[()]), 7.0),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_values(name: str) -> None:
    expr, want = TABLE[name]
    env = {i: 1, k: 1, j: 0}
    assert evaluate(expr, Double(), SIZES, ARRAYS, env) == pytest.approx(want, rel=1e-14)
    digits = Digits(40)
    exact = {a: {p: digits.mp.mpf(v) for p, v in vs.items()} for a, vs in ARRAYS.items()}
    assert float(evaluate(expr, digits, SIZES, exact, env)) == pytest.approx(want, rel=1e-14)


def test_many_digits() -> None:
    digits = Digits(50)
    found = evaluate(exp(Rational(1, 3)), digits, {}, {}, {})
    with localcontext(prec=60):
        want = (Decimal(1) / 3).exp()
    assert digits.mp.nstr(found, 48) == f"{want:.47f}".rstrip("0")


def test_exact_fractions() -> None:
    arrays = {x: {(0,): Fraction(1, 3), (1,): Fraction(1, 6), (2,): Fraction(1, 2)}}
    assert evaluate(IndexSum(x[j,], j) / 2, Exact(), SIZES, arrays, {}) == Fraction(1, 2)


@pytest.mark.parametrize(
    ("expr", "slope"),
    [
        (x[k,] ** 2, 4.0), (1 / x[k,], -0.25), (sqrt(x[k,]), 0.5 / 2**0.5), (log(x[k,]), 0.5),
        (exp(x[k,]), np.exp(2)), (tanh(x[k,]), 1 / np.cosh(2) ** 2), (Abs(-x[k,]), 1.0),
        (Maximum(x[k,], Integer(0)), 1.0), (Maximum(Integer(9), x[k,]), 0.0),
        (Minimum(x[k,], Integer(9)), 1.0), (x[k,] * sign(-x[k,]), -1.0),
        (Where(x[k,] > 1, 3 * x[k,], Integer(0)), 3.0), (IndexMax(x[j,] ** 3, j), 12.0),
        (x[k,] * Iverson(x[k,] < 1), 0.0), (Pow(x[k,], x[k,]), 4 * (np.log(2) + 1)),
        (Pow(Integer(3), x[k,]), 9 * np.log(3)), (x[k,] ** -3, -3 / 16),
    ],
)  # fmt: skip
def test_a_complex_step_goes_through(expr: Expr, slope: float) -> None:
    env = {k: 0}
    stepped = {**ARRAYS, x: {**ARRAYS[x], (0,): 2 + 1e-30j}}
    assert evaluate(expr, Double(), SIZES, stepped, env).imag == pytest.approx(
        slope * 1e-30, rel=1e-13, abs=1e-60)  # fmt: skip
    digits = Digits(60)
    mp = digits.mp
    many = {x: {p: mp.mpf(v) for p, v in ARRAYS[x].items()} | {(0,): mp.mpc(2, mp.mpf("1e-30"))}}
    found = evaluate(expr, digits, SIZES, many, env)
    assert float(found.imag * mp.mpf("1e30")) == pytest.approx(slope, rel=1e-14, abs=1e-30)


def test_a_complex_logarithm_of_an_astronomic_number_is_quick() -> None:
    digits = Digits(60)
    z = digits.mp.exp(digits.mp.mpc(-(10**9), digits.mp.mpf("1e-30")))
    found = digits.function("log", z)
    assert float(found.real) == -1e9
    assert float(found.imag) == pytest.approx(1e-30)
    power = digits.root_power(z, digits.number(Fraction(1, 2)))
    assert float(digits.function("log", power).real) == -5e8


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        (log(x[k,]), "log"), (sqrt(x[k,]), "root"), (1 / (x[k,] + 3), "division by 0"),
        (x[i,], "names no element"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scalars", [Double(), Digits(30)])
def test_no_value(expr: Expr, said: str, scalars: Any) -> None:
    with pytest.raises(OutOfDomain, match=said):
        evaluate(expr, scalars, SIZES, ARRAYS, {k: 1})


@pytest.mark.parametrize("expr", [gamma(x[k,]), Array("x", (n,)), Iverson(Symbol("q") < 1).args[0]])
def test_what_has_no_meaning_is_refused(expr: Any) -> None:
    with pytest.raises(NotYet, match="cannot evaluate"):
        evaluate(expr, Double(), SIZES, ARRAYS, {k: 1})


@pytest.mark.parametrize(
    ("expr", "distance"),
    [
        (Maximum(x[k,], Integer(1)), 4.0), (Abs(x[k,]), 3.0), (IndexMax(x[j,], j), 1.5),
        (Iverson((x[k,] < 0) & (c[()] < 5)), 2.0), (Iverson(k < n), float("inf")),
        (exp(x[k,]), float("inf")),
    ],
)  # fmt: skip
def test_the_nearest_kink_is_remembered(expr: Expr, distance: float) -> None:
    scalars = Double()
    evaluate(expr, scalars, SIZES, ARRAYS, {k: 1})
    assert scalars.gap[0] == distance


def test_rules_run_in_order() -> None:
    e, y = Array("e", (n,)), Array("y", (n,))
    state = State(Double(), SIZES, ARRAYS)
    fill(state, [(e, (k,), exp(x[k,])), (y, (j,), e[j,] / IndexSum(e[k,], k))])
    want = np.exp(X) / np.exp(X).sum()
    assert list(state.arrays[y].values()) == pytest.approx(want.tolist())


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_matrix_products_are_those_of_numpy(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(rows, columns)), rng.normal(size=columns)
    arrays = {
        A: {p: float(left[p]) for p in np.ndindex(left.shape)},
        x: {p: float(right[p]) for p in np.ndindex(right.shape)},
    }
    y = Array("y", (m,))
    state = State(Double(), {m: rows, n: columns}, arrays)
    fill(state, [(y, (i,), IndexSum(A[i, j] * x[j,], j))])
    np.testing.assert_allclose(list(state.arrays[y].values()), left @ right, atol=1e-13)


@pytest.mark.parametrize(
    "expr",
    [
        Mul(Iverson(x[k,] > 0), log(x[k,]), evaluate=False),
        Mul(c[()], Mul(1 / sqrt(x[k,]), Iverson(x[k,] > 0), evaluate=False), evaluate=False),
    ],
)
def test_a_mask_hides_what_has_no_value_in_formulas_only(expr: Expr) -> None:
    arrays = {**ARRAYS, x: {p: -1.0 for p in ARRAYS[x]}}
    state = State(Double(), SIZES, arrays)
    y = Array("y", (n,))
    with pytest.raises(OutOfDomain):
        fill(state, [(y, (k,), expr)])
    state.masked = True
    fill(state, [(y, (k,), expr)])
    assert set(state.arrays[y].values()) == {0.0}


@pytest.mark.parametrize("name", ["erf", "erfc"])
@pytest.mark.parametrize("at", [0, 0.3, -2.5, 5, -9])
def test_a_complex_step_through_erf_keeps_its_digits(name: str, at: float) -> None:
    digits, finer = Digits(60), Digits(150)
    step = digits.mp.mpf("1e-18")
    found = digits.function(name, digits.mp.mpc(at, step))
    want = getattr(finer.mp, name)(finer.mp.mpc(at, step))
    assert abs(found.imag / want.imag - 1) < 1e-58
    assert abs(found.real - want.real) < 1e-58


def test_a_power_of_a_number_without_end_is_refused() -> None:
    """mpmath would write out 2^(10^200), zero by zero."""
    digits = Digits(30)
    with pytest.raises(OutOfDomain):
        digits.root_power(digits.number(Fraction(2)), digits.number(Fraction(10**200)))
    assert digits.root_power(digits.number(Fraction(2)), digits.number(Fraction(-(10**200)))) == 0
