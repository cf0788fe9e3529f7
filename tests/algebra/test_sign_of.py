"""The sign of a definition follows from its expression, and is never wrong."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbackprop.frontend.text import parse_program
from tests.frontend.evaluate import outputs

SHAPES = {"a": "n", "b": "n", "p": "n", "q": "n"}

SIGNS = {
    "exp(a)": ">0",
    "sum(exp(a))": ">0",
    "max(exp(a))": ">0",
    "mean(p)": ">0",
    "exp(a) / sum(exp(a))": ">0",
    "p * q": ">=0",
    "p * p": ">0",
    "p / p**2": ">0",
    "q + q": ">=0",
    "q + p": ">0",
    "1 + exp(-a)": ">0",
    "a ** 2": ">=0",
    "a * a": ">=0",
    "a * b": "",
    "a * a * b": "",
    "a ** 4 + 1e-5": ">0",
    "a ** 3": "",
    "a ** -2": ">0",
    "abs(a)": ">=0",
    "abs(p)": ">0",
    "sqrt(a)": ">=0",
    "sqrt(p)": ">0",
    "1 / sqrt(a)": ">0",
    "sqrt(mean(square(a)) + 1e-5)": ">0",
    "(a > 0) * 1.0": ">=0",
    "where(a > 0, p, q)": ">=0",
    "where(a > 0, p, a)": "",
    "maximum(a, 0)": ">=0",
    "maximum(a, p)": ">0",
    "minimum(a, p)": "",
    "minimum(q, p)": ">=0",
    "log(1 + exp(a))": ">0",
    "log(2 + q)": ">=0",
    "log(p)": "",
    "tanh(p)": ">0",
    "sign(q)": ">=0",
    "tanh(a)": "",
    "p - q": "",
    "-p": "",
    "2 * p": ">0",
    "-2 * p": "",
    "p * len(a)": ">0",
    "p ** a": ">0",
    "0 * a + q": ">=0",
}


@pytest.mark.parametrize("text", SIGNS)
def test_sign(text: str) -> None:
    shapes = {m: s for m, s in SHAPES.items() if m in _names(text)}
    signs = {"p": "p > 0", "q": "q >= 0"}
    assume = [signs[m] for m in shapes if m in signs]
    (definition,) = parse_program(f"y = {text}", shapes, assume=assume).definitions
    assert definition.array.sign == SIGNS[text]


def _names(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text))


def test_a_sign_travels_through_definitions() -> None:
    text = "e = exp(a); s = sum(e); y = e / s; L = log(y)"
    program = parse_program(text, {"a": "n"})
    assert [d.array.sign for d in program.definitions] == [">0", ">0", ">0", ""]


def test_a_declared_sign_holds_for_a_definition_too() -> None:
    text, assume = "u = a - b; y = u * u / sqrt(u)", "u > 0"
    program = parse_program(text, {"a": "n", "b": "n"}, assume=assume)
    assert [d.array.sign for d in program.definitions] == [">0", ">0"]


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, st.sampled_from("+-*"), inner)
    return st.one_of(
        pairs.map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(
            st.sampled_from(["tanh", "abs", "square", "-", "sum", "max", "sign", "min"]), inner
        ).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(st.sampled_from(["maximum", "minimum"]), inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        inner.map(lambda t: f"log(1 + abs({t}))"),
        inner.map(lambda t: f"1 / (1 + square({t}))"),
    )


LEAVES = st.sampled_from(["a", "b", "p", "q", "2", "0.5", "(-1)"])


@settings(max_examples=80, deadline=None)
@given(st.recursive(LEAVES, grown, max_leaves=7))
def test_a_sign_that_is_claimed_is_the_sign_of_the_numbers(text: str) -> None:
    whole = f"w = a + b + p + q; y = {text} + square(a); w, y"
    program = parse_program(whole, SHAPES, assume=["p > 0", "q >= 0"])
    sign = program.outputs[1].sign
    inputs = {
        "a": np.array([-1.5, 0.0, 2.0]),
        "b": np.array([0.5, -2.0, 0.0]),
        "p": np.array([0.1, 1.0, 3.0]),
        "q": np.array([0.0, 0.5, 2.0]),
    }
    found = outputs(program, inputs)[1]
    assert sign != ">0" or np.all(found > 0)
    assert not sign or np.all(found >= 0)
