"""Exact comparison of index expressions: identities are proved, near misses are false."""

from __future__ import annotations

import pytest
from sympy import Expr, Integer, Rational, exp, log, sqrt, tanh

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    Maximum,
    size_symbol,
)
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.verify.exact import AGREES, FALSE, INCONCLUSIVE, PROVED, Value, equal, gradient
from tests.verify import handmade
from tests.verify.handmade import CASES

n = size_symbol("n")
j, k, q = Index("j", n), Index("k", n), Index("q", n)
a, t, y, s = Array("a", (n,)), Array("t", (n,)), Array("y", (n,)), Array("s")
total = IndexSum(exp(a[j,]), j)
shifted = exp(a[k,] - IndexMax(a[j,], j))
PROGRAM = Program("made", (a, t), (Definition(y, (k,), exp(a[k,]) / total),), (y,))
SUMMED = Program(
    "summed", (a, t), PROGRAM.definitions, (y,),
    (Assumption("==", IndexSum(t[k,], k), Integer(1), "sum(t) == 1"),))  # fmt: skip

SAME: dict[str, tuple[Expr, Expr]] = {
    "a definition": (y[k,], exp(a[k,]) / total),
    "bound names": (IndexSum(a[j,] * t[j,], j), IndexSum(a[q,] * t[q,], q)),
    "distribution": ((a[k,] + 1) * IndexSum(t[j,], j), IndexSum(t[j,] + a[k,] * t[j,], j)),
    "delta": (IndexSum(a[j,] * Delta(j, k), j), a[k,]),
    "sums of the softmax": (IndexSum(y[j,], j), Integer(1)),
    "exp of a sum": (exp(a[k,] + t[k,]), exp(a[k,]) * exp(t[k,])),
    "shifted by the maximum": (
        shifted / IndexSum(exp(a[j,] - IndexMax(a[q,], q)), j), y[k,]),
    "log of exp": (log(exp(a[k,] * t[k,])), a[k,] * t[k,]),
    "exp of half": (sqrt(exp(a[k,])), exp(a[k,] / 2)),
    "root of a square": (sqrt(1 + a[k,] ** 2) ** 4, (1 + a[k,] ** 2) ** 2),
    "inverse root": ((2 + a[k,] ** 2) ** Rational(-3, 2) * (2 + a[k,] ** 2),
                     1 / sqrt(2 + a[k,] ** 2)),
    "tanh": (tanh(a[k,]), 1 - 2 / (1 + exp(2 * a[k,]))),
    "relu": (Maximum(a[k,], Integer(0)), a[k,] * Iverson(a[k,] > 0)),
    "sigmoid's complement": (1 - 1 / (1 + exp(-a[k,])), 1 / (1 + exp(a[k,]))),
}  # fmt: skip
DIFFERENT: dict[str, tuple[Expr, Expr]] = {
    "sign": (a[k,] - t[k,], t[k,] - a[k,]),
    "only at n = 1": (IndexSum(y[j,], j), 1 + Iverson(n < 2)),
    "near miss of a fact": (IndexSum(y[j,] * t[j,], j), Integer(1)),
    "needs a fact": (IndexSum(t[j,], j) * y[k,], y[k,]),
    "tiny": (a[k,], a[k,] * (1 + Rational(1, 10**30))),
    "log of a sum": (log(exp(a[k,]) + 1), a[k,] + 1),
    "the other side": (Maximum(a[k,], Integer(0)), a[k,] * Iverson(a[k,] < 0)),
}


@pytest.mark.parametrize("name", SAME)
def test_identities_are_proved(name: str) -> None:
    left, right = (Value(PROGRAM, expr, (k,)) for expr in SAME[name])
    found = equal(left, right)
    assert found.verdict == PROVED, found
    assert found.points == 6
    assert equal(right, left).verdict == PROVED


@pytest.mark.parametrize("name", DIFFERENT)
def test_differences_are_found(name: str) -> None:
    left, right = (Value(PROGRAM, expr, (k,)) for expr in DIFFERENT[name])
    found = equal(left, right)
    assert found.verdict == FALSE, found
    assert " and " in found.reason and "n=" in found.reason


def test_what_the_field_cannot_tell_is_compared_to_50_digits() -> None:
    left = Value(PROGRAM, log(exp(a[k,]) / total), (k,))
    right = Value(PROGRAM, a[k,] - log(total), (k,))
    assert equal(left, right).verdict == AGREES


def test_facts_hold_where_they_are_declared() -> None:
    pair = IndexSum(t[j,], j) * y[k,] - t[k,], y[k,] - t[k,]
    assert equal(*(Value(SUMMED, expr, (k,)) for expr in pair)).verdict == PROVED
    assert equal(*(Value(PROGRAM, expr, (k,)) for expr in pair)).verdict == FALSE


def test_free_indices_correspond_by_position() -> None:
    assert equal(Value(PROGRAM, a[k,], (k,)), Value(PROGRAM, a[j,], (j,))).verdict == PROVED
    outer = Value(PROGRAM, a[j,] * t[k,], (j, k))
    assert equal(outer, Value(PROGRAM, a[j,] * t[k,], (k, j))).verdict == FALSE
    assert equal(outer, Value(PROGRAM, a[k,] * t[j,], (k, j))).verdict == PROVED
    assert equal(Value(PROGRAM, a[k,], (k,)), Value(PROGRAM, Integer(1))).verdict == FALSE


def test_no_points_no_verdict() -> None:
    empty = Program("empty", (a,), (Definition(s, (), log(-(IndexSum(a[k,] ** 2, k)))),), (s,))
    found = equal(Value(empty, s[()]), Value(empty, s[()]))
    assert found.verdict == INCONCLUSIVE
    assert "log" in found.reason
    other = Program("other", (t,), (), ())
    found = equal(Value(other, t[k,], (k,)), Value(PROGRAM, a[k,], (k,)))
    assert found.verdict == INCONCLUSIVE
    assert "a is an input of one program only" in found.reason


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_a_derivation(name: str) -> None:
    case = CASES[name]()
    for array in case.backward.wrt:
        mine = gradient(case.backward, array.name)
        assert equal(mine, mine).verdict == PROVED
        double = case.with_formula(array.name, 2 * case.backward.step(array).expr)
        assert equal(mine, gradient(double.backward, array.name)).verdict == FALSE


def test_declared_facts_reach_the_gradient() -> None:
    with_fact = gradient(handmade.softmax_ce().backward, "a")
    without = gradient(handmade.softmax_ce(declared=False).backward, "a")
    assert equal(with_fact, without).verdict == PROVED
    assert equal(without, with_fact).verdict == FALSE
