"""Constants are exact, and arithmetic keeps what was written."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from sympy import E, Integer, Rational, pi, sqrt

from symbackprop.errors import InputError, NotYet
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.written import MAX_BITS, number
from tests.frontend.spell import spelled

NUMBERS: list[tuple[Any, Any]] = [
    (3, Integer(3)),
    (True, Integer(1)),
    (2.0, Integer(2)),
    (0.1, Rational(1, 10)),
    (-0.25, Rational(-1, 4)),
    (1e-7, Rational(1, 10**7)),
    (1e-300, Rational(1, 10**300)),
    (0.123456789, Rational(123456789, 10**9)),
    (np.float64(0.3), Rational(3, 10)),
    (np.float32(0.5), Rational(1, 2)),
    (np.int64(7), Integer(7)),
    (1 / 3, Rational(1, 3)),
    (2 / 7, Rational(2, 7)),
    (0.1 + 0.2, Rational("0.30000000000000004")),
    (math.pi, pi),
    (2 * math.pi, 2 * pi),
    (-math.pi / 2, -pi / 2),
    (1 / math.pi, 1 / pi),
    (math.e, E),
    (math.sqrt(2), sqrt(2)),
    (-math.sqrt(2), -sqrt(2)),
    (math.sqrt(2 / math.pi), sqrt(2 / pi)),
    (math.sqrt(2 * math.pi), sqrt(2 * pi)),
    (0.7978845608028654123, sqrt(2 / pi)),
    (0.044715, Rational(8943, 200000)),
    (3.14159, Rational(314159, 100000)),
]


@pytest.mark.parametrize(("given", "exact"), NUMBERS)
def test_number(given: Any, exact: Any) -> None:
    assert number(given) == exact
    assert float(number(given)) == pytest.approx(float(given), rel=3e-16, abs=0)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_constant_that_is_not_finite(bad: float) -> None:
    with pytest.raises(NotYet, match="finite"):
        number(bad)


@pytest.mark.parametrize("bad", [1j, "1", None, [1]])
def test_what_is_no_number(bad: Any) -> None:
    with pytest.raises(InputError, match="not a real number"):
        number(bad)


WRITTEN = {
    "a - b": "(a[i] + (-1 * b[i]))",
    "a - 3": "(a[i] + -3)",
    "b + a + c": "(b[i] + a[i] + c)",
    "b + (a + c)": "(b[i] + a[i] + c)",
    "b - (a + c)": "(b[i] + (-1 * (a[i] + c)))",
    "b - (a - c)": "(b[i] + (-1 * (a[i] + (-1 * c))))",
    "b * a * c": "(b[i] * a[i] * c)",
    "a / b": "(a[i] * (b[i]^-1))",
    "a / b / c": "(a[i] * (b[i]^-1) * (c^-1))",
    "a / (b * c)": "(a[i] * ((b[i] * c)^-1))",
    "a / b**2": "(a[i] * (b[i]^-2))",
    "a / sqrt(b)": "(a[i] * (b[i]^-1/2))",
    "1 / (1 / a)": "a[i]",
    "1 / a": "(a[i]^-1)",
    "a / 4": "(a[i] * 1/4)",
    "a * a": "(a[i] * a[i])",
    "a ** 2": "(a[i]^2)",
    "a ** 1": "a[i]",
    "a ** 0 + a": "(1 + a[i])",
    "(a ** 2) ** 0.5": "((a[i]^2)^1/2)",
    "-(2 * a)": "(-2 * a[i])",
    "-(-a)": "a[i]",
    "a - 2 * b": "(a[i] + (-2 * b[i]))",
    "-a * b": "(-1 * a[i] * b[i])",
    "0 + a": "a[i]",
    "1 * a": "a[i]",
    "2 * 3 * a": "(6 * a[i])",
    "2 ** 3 * a": "(8 * a[i])",
    "2 ** a": "(2^a[i])",
    "np.e ** a": "exp(a[i])",
    "exp(log(a))": "exp(log(a[i]))",
    "log(exp(a))": "log(exp(a[i]))",
    "exp(0) * a": "a[i]",
    "a * pi": "(a[i] * pi)",
    "a * tanh(0) + b": "b[i]",
    "abs(-a)": "Abs((-1 * a[i]))",
    "sum(a) * sum(a)": "(sum_i(a[i]) * sum_j(a[j]))",
    "mean(a)": "((n^-1) * sum_i(a[i]))",
    "where(a > 0, a, -a)": "Where(StrictGreaterThan(a[i], 0), a[i], (-1 * a[i]))",
    "where(2 > 1, a, b)": "a[i]",
    "maximum(0, a)": "Maximum(0, a[i])",
    "min(a)": "(-1 * max_i((-1 * a[i])))",
    "(a > 0) * b": "(Iverson(StrictGreaterThan(a[i], 0)) * b[i])",
    "where((a > 0) & (a < 1), a, b)": (
        "Where(And(StrictGreaterThan(a[i], 0), StrictLessThan(a[i], 1)), a[i], b[i])"
    ),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_written(text: str) -> None:
    shapes = {m: s for m, s in {"a": "n", "b": "n", "c": ""}.items() if m in _names(text)}
    (found,) = spelled(parse_program(text, shapes))
    assert found.partition(" = ")[2] == WRITTEN[text]


def _names(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text))


@pytest.mark.parametrize("text", ["a**9**9**9", "2**99999*a", f"1{'0' * 400}*a", "3**400**2*a"])
def test_a_huge_constant_is_refused_at_once(text: str) -> None:
    with pytest.raises(InputError, match=f"more than {MAX_BITS} bits"):
        parse_program(text, {"a": "n"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a / 0", "division by zero"),
        ("a * 0**-1", "division by zero"),
        ("a * log(0)", "log(0) is not a real number"),
        ("a * (-8)**0.5", "(-8)**(1/2) is not a real number"),
    ],
)
def test_constants_that_do_not_exist(text: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        parse_program(text, {"a": "n"})
    assert words in str(error.value)
