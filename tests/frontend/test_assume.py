"""Assumptions: equations over all samples or an axis, and signs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.algebra.nodes import Array, size_symbol
from symbackprop.algebra.trees import elements
from symbackprop.errors import (
    InputError,
    NotYet,
    Refused,
    ShapeError,
    SymbackpropError,
    UnknownNameError,
)
from symbackprop.frontend.assume import declared_signs, parse_assumption
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.trace import trace
from tests.frontend.spell import spell_fact

n, N = size_symbol("n"), size_symbol("N")
ARRAYS = {
    "t": Array("t", (n,)),
    "x": Array("x", (N, n)),
    "eps": Array("eps", ()),
}

FACTS = {
    "sum(t) == 1": "sum_i(t[i]) == 1",
    "1 == sum(t)": "sum_i(t[i]) == 1",
    "t.sum(axis=-1) == 1": "sum_i(t[i]) == 1",
    "np.sum(x, axis=1) == 1": "sum_i(x[j,i]) == 1",
    "sum(x, axis=1, keepdims=True) == 1": "sum_i(x[j,i]) == 1",
    "sum(x, axis=0) == t": "sum_i(x[i,j]) == t[j]",
    "sum(x) == len(x)": "sum_i,j(x[i,j]) == N",
    "x == t": "x[i,j] == t[j]",
    "mean(t) == 0": "((n^-1) * sum_i(t[i])) == 0",
    "sum(t*t) == eps": "sum_i((t[i] * t[i])) == eps",
    "eps > 0": "eps > 0",
    "t >= 0": "t[i] >= 0",
    "0 < x": "x[i,j] > 0",
    "0 <= x": "x[i,j] >= 0",
    "eps == 0.1": "eps == 1/10",
}


@pytest.mark.parametrize("text", FACTS)
def test_parse_assumption(text: str) -> None:
    fact = parse_assumption(text, ARRAYS)
    assert spell_fact(fact) == FACTS[text]
    assert fact.text == text


def test_the_text_is_one_line() -> None:
    assert parse_assumption("  sum(t)\t ==  1 ", ARRAYS).text == "sum(t) == 1"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("t", Refused, "is not an equation or a sign"),
        ("", Refused, "is not an equation or a sign"),
        ("t = 1", Refused, "is not an equation or a sign"),
        ("sum(t) == 1; eps > 0", Refused, "is not an equation or a sign"),
        ("0 < t < 1", Refused, "is not allowed"),
        ("sum(u) == 1", UnknownNameError, "'u' is not an array here"),
        ("sum(tt) == 1", UnknownNameError, "did you mean 't'?"),
        ("1 == 1", InputError, "is about no array"),
        ("eps > 1", NotYet, "only `name > 0`"),
        ("eps < 0", NotYet, "only"),
        ("t != 0", NotYet, "only `name > 0`"),
        ("sum(t) > 0", NotYet, "only `name > 0`"),
        ("3 > eps", NotYet, "only"),
        ("x == sum(x, axis=1)", ShapeError, "(N, n) and (N,)"),
        ("sum(t, axis=3) == 1", InputError, "axis 3 is out of range"),
        ("sum(t) == 1 if t else 2", Refused, "is not allowed in an expression"),
        ("__import__('os').system('true') == 1", Refused, "'system' is not a supported method"),
        ("t == 'a'", Refused, "`'a'` is not allowed"),
        ("t.__class__ == 1", Refused, "is not allowed"),
        ("(" * 300, Refused, ""),
    ],
)
def test_what_is_no_assumption(text: str, kind: type[SymbackpropError], words: str) -> None:
    with pytest.raises(SymbackpropError) as error:
        parse_assumption(text, ARRAYS)
    assert type(error.value) is kind, error.value
    assert words in str(error.value) and "\n" not in str(error.value)


def test_declared_signs() -> None:
    texts = ["eps > 0", "t >= 0", "sum(t) == 1", "eps >= 0"]
    assert declared_signs(texts) == {"eps": ">0", "t": ">=0"}


def softmax_ce(a: Any, t: Any) -> Any:
    y = np.exp(a) / np.sum(np.exp(a))
    return -np.sum(t * np.log(y))


def test_a_program_carries_its_assumptions() -> None:
    program = trace(softmax_ce, {"a": "n", "t": "n"}, assume=["sum(t) == 1", "t >= 0"])
    assert [spell_fact(f) for f in program.assumptions] == ["sum_i(t[i]) == 1", "t[i] >= 0"]
    assert [a.sign for a in program.inputs] == ["", ">=0"]
    assert trace(softmax_ce, {"a": "n", "t": "n"}).assumptions == ()


def test_one_assumption_needs_no_list() -> None:
    program = parse_program("sum(t * a)", {"a": "n", "t": "n"}, assume="sum(t) == 1")
    assert len(program.assumptions) == 1


def test_an_assumption_about_a_definition() -> None:
    text, assume = "y = a * t; L = sum(y)", ["sum(y) == 1"]
    program = parse_program(text, {"a": "n", "t": "n"}, assume=assume)
    (fact,) = program.assumptions
    assert program.definitions[0].array in {e.array for e in elements(fact.left)}
    assert spell_fact(fact) == "sum_i(y[i]) == 1"


@pytest.mark.parametrize("assume", ["sum(q) == 1", "q > 0"])
def test_an_assumption_about_nothing(assume: str) -> None:
    with pytest.raises(UnknownNameError, match="'q' is not an array here"):
        trace(softmax_ce, {"a": "n", "t": "n"}, assume=[assume])
