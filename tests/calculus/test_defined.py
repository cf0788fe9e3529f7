"""A result has a value wherever the forward pass has one."""

from __future__ import annotations

import pytest
from sympy import Pow

from symbackprop.algebra.trees import elements, walk
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.text import parse_program
from tests.calculus.closed_forms import assert_closed_form

SHAPES = {"x": ("n",), "g": ("n",), "b": ("n",), "s": ()}


@pytest.mark.parametrize(
    "text",
    [
        "h = g*x + b; L = sum(h**2)",
        "h = x*g; L = sum(h*x)",
        "h = x*s; y = exp(h)/sum(exp(h)); L = sum(y*x)",
        "h = s*x; k = h*g; L = sum(k*h*x)",
    ],
)
def test_nothing_is_divided_by_that_may_be_zero(text: str) -> None:
    shapes = {n: s for n, s in SHAPES.items() if n in text.replace("exp", "").replace("sum", "")}
    derived = backward(parse_program(text, shapes))
    for step in derived.steps:
        for node in walk(step.expr):
            if isinstance(node, Pow) and node.exp.is_negative:
                assert not {e.array.name for e in elements(node.base)} & set("xgbshk"), step.expr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = where(x*x + 1 > 0, x**2, 5*x)", "2*dy*x"),
        ("y = where(x > x + 1, x**2, 5*x)", "5*dy"),
        ("h = where(x >= x, x*x, x); y = h*h", "4*dy*h*x"),
    ],
)
def test_a_condition_that_is_decided_is_no_condition(text: str, expected: str) -> None:
    assert_closed_form(backward(parse_program(text, {"x": ("n",)})), "x", expected)
