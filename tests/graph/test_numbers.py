"""Numbers on the edges: those of the worked examples, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symbackprop as sb
from symbackprop.emit.figure.figure import Figure
from symbackprop.errors import InputError
from symbackprop.graph.drawn import draw
from symbackprop.graph.numbers import number_formula, parse_values
from tests.graph.graphs import derived


def labels(figure: Figure) -> set[tuple[str, str]]:
    return {(a.above.text, a.below.text) for a in figure.arrows if a.above and a.below}


def numbers(name: str, values: str) -> set[tuple[str, str]]:
    return labels(draw(derived(name).backward, values=parse_values(values)))


def test_the_apples_of_the_book() -> None:
    assert numbers("apple", "apple=100,apple_count=2,tax=1.1") == {
        ("100", "2.2"), ("2", "110"), ("200", "1.1"), ("1.1", "200"), ("220", "1"),
    }  # fmt: skip


def test_apples_and_oranges() -> None:
    given = "apple=100, apple_count=2, orange=150, orange_count=3, tax=1.1"
    assert numbers("apple-orange", given) == {
        ("100", "2.2"), ("2", "110"), ("200", "1.1"), ("150", "3.3"), ("3", "165"),
        ("450", "1.1"), ("650", "1.1"), ("1.1", "650"), ("715", "1"),
    }  # fmt: skip


def test_lists_give_the_size() -> None:
    found = numbers("softmax-ce", "a=[0.3,2.9,4],t=[0,0,1]")
    assert {("0.3", "0.0182113"), ("2.9", "0.245192"), ("4", "-0.263403")} <= found


def test_an_input_without_a_gradient_says_its_number() -> None:
    figure = draw(derived("softmax-ce").backward, values=parse_values("a=[0,0],t=[0,1]"))
    assert {"t[1] = 0", "t[2] = 1"} <= {b.label.text for b in figure.boxes if b.label}


def test_an_upstream_gradient_is_given_like_an_input() -> None:
    found = numbers("mul", "x=[2],y=[5],dz=[3]")
    assert found == {("2", "15"), ("5", "6"), ("10", "3")}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x=1", {"x": Fraction(1)}),
        (" x = -1.5e1 , y=.5", {"x": Fraction(-15), "y": Fraction(1, 2)}),
        ("W=[[1,2],[3,4]]", {"W": [[1, 2], [3, 4]]}),
    ],
)
def test_values_are_parsed(text: str, values: dict[str, object]) -> None:
    assert parse_values(text) == values


@pytest.mark.parametrize(
    "text",
    ["", "x", "x=", "x=y", "x=[1", "x=[]", "x=1,", "x=1 y=2", "x=1,x=2", "1=1", "x=0x10",
     "x=__import__('os')", "x=[1]]", "x=1;y=2", "x=1e99999", "x=" + 5000 * "[", "x=nan"],
)  # fmt: skip
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^values: "):
        parse_values(text)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("apple", "apple=1", "give apple_count, tax too"),
        ("apple", "apple=1,pear=2", "there is no input 'pear'"),
        ("apple", "apple=[1],apple_count=1,tax=1", "apple has 0 axes, and 1 are given"),
        ("softmax-ce", "a=[1,2],t=[0,0,1]", "n is 2 and, for t, 3"),
        ("softmax-ce", "a=[1,2],t=[1,1]", r"sum\(t\) == 1 does not hold: 2 is not 1"),
        ("cross-entropy", "y=[0,1],t=[0,1]", "has no value there"),
        ("mul", "x=[2],y=[5]", "give dz too"),
        ("affine-batch", "x=[[1,2],[3]],W=[[1],[1]],b=[0]", "rows of x have different lengths"),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, values: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        numbers(name, values)


def test_without_the_fact_the_values_need_not_satisfy_it() -> None:
    d = sb.derive("softmax-ce", no_assume=True)
    figure = draw(d.backward, values=parse_values("a=[0,0],t=[1,1]"))
    assert ("0", "0") in labels(figure)


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (2.2, "2.2", "2.2"), (220.0, "220", "220"), (1e-9, "1e-09", "10^{-9}"),
        (-2.5e12, "-2.5e+12", r"-2.5 \cdot 10^{12}"), (1 / 3, "0.333333", "0.333333"),
        (-0.0, "0", "0"),
    ],
)  # fmt: skip
def test_numbers_have_six_digits(value: float, text: str, latex: str) -> None:
    found = number_formula(value)
    assert (found.text, found.latex) == (text, latex)
