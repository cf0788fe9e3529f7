"""Programs as graphs of elementary operations."""

from __future__ import annotations

import pytest

from symbackprop.graph.model import Graph
from symbackprop.graph.naming import LONG
from tests.graph.graphs import from_text, messages, values


def graph(text: str, **shapes: tuple[str | int, ...]) -> Graph:
    return from_text(text, shapes).graph


def test_softmax_with_cross_entropy_is_the_graph_of_the_book() -> None:
    assert values(messages("softmax-ce").graph) == [
        ("exp", "exp(a[k])"), ("sum", "S"), ("/", "1/S"), ("*", "y[k]"), ("log", "log(y[k])"),
        ("*", "t[k]·log(y[k])"), ("sum", "Σ_k t[k]·log(y[k])"), ("*", "L"),
    ]  # fmt: skip


def test_the_sum_that_is_divided_by_has_a_name_and_the_program_says_what_it_is() -> None:
    program = messages("softmax-ce").graph.program
    assert [d.array.name for d in program.definitions] == ["S", "y", "L"]
    assert [a.name for a in messages("softmax-ce").graph.made] == ["S"]


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        ("affine-batch", ["dot", "+"]),
        ("sigmoid", ["*", "exp", "+", "/"]),
        ("mse", ["-", "^", "sum", "*"]),
        ("apple-orange", ["*", "*", "+", "*"]),
        ("relu", ["maximum"]),
        ("max-pool", ["max"]),
        ("matrix-inverse", ["matrix"]),
        ("embedding", ["="]),
    ],
)
def test_each_node_is_one_operation(name: str, operations: list[str]) -> None:
    assert [n.operation.kind for n in messages(name).graph.nodes] == operations


@pytest.mark.parametrize(
    ("text", "shapes", "kinds"),
    [
        # elementwise, then added up: the sets of indices are the same
        ("L = sum(x*t)", {"x": ("n",), "t": ("n",)}, ["*", "sum"]),
        # a contraction: the products would have more axes than their factors
        ("y = x @ W", {"x": ("N", "D"), "W": ("D", "M")}, ["dot"]),
        # a + with a number, a - of two values, one more subtracted from three
        ("y = 1 - x", {"x": ("n",)}, ["-"]),
        ("y = x - t - u", {"x": ("n",), "t": ("n",), "u": ("n",)}, ["*", "*", "+"]),
        ("y = 2*x**3", {"x": ("n",)}, ["^", "*"]),
        ("y = sqrt(x)", {"x": ("n",)}, ["^"]),
        ("y = x.T", {"x": ("n", "m")}, ["="]),
    ],
)
def test_expressions_come_apart(
    text: str, shapes: dict[str, tuple[str, ...]], kinds: list[str]
) -> None:
    assert [n.operation.kind for n in graph(text, **shapes).nodes] == kinds


def test_what_is_written_twice_is_one_node() -> None:
    found = graph("y = exp(x)/(1 + exp(x))", x=("n",))
    assert [k for k, _ in values(found)].count("exp") == 1


def test_a_name_that_is_taken_gives_way_to_another_letter() -> None:
    names = {a.name for a in messages("attention").graph.made}
    assert names == {"Z"}  # S is a size there


def test_several_sums_have_numbers() -> None:
    text = "y = exp(x)/sum(exp(x)); z = exp(-x)/sum(exp(-x)); L = sum(y*z)"
    assert {a.name for a in graph(text, x=("n",)).made} == {"S_1", "S_2"}


def test_a_long_value_has_a_name() -> None:
    text = "L = sum(exp(a*b + c*d + e*f + g*h)*(a + b + c + d + e + f + g + h)**2)"
    found = graph(text, **{c: ("n",) for c in "abcdefgh"})
    assert found.made
    assert all(len(value) < 20 * LONG for _, value in values(found))
