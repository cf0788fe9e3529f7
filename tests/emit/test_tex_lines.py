r"""Broken formulas mean what the whole ones do, fit, and leave no bracket to \left alone."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr

from symbackprop.algebra.letters import lettered
from symbackprop.algebra.nodes import Index
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.tex import parse
from symbackprop.emit.tex_lines import lines
from symbackprop.emit.tex_width import width
from tests.emit.read_latex import TOKENS, LatexReader
from tests.emit.trees import COLUMN, ROW, trees, values
from tests.emit.values import SIZES, same, value
from tests.katex import assert_katex

TAKEN = frozenset({"s", "u", "v", "x_hat", "W1", "rate", "Q", "beta", "T", *SIZES})
LONG = r"\sum_{j} a_{j} \left(b_{j} + c_{j} \tanh\left(d_{j} + e_{j}\right)\right) - f_{k}"


def joined(parts: list[str]) -> str:
    r"""The lines as one formula, with brackets that \left and \right hold again."""
    text = " ".join(parts)
    return re.sub(r"\\bigg?([lr])\b", lambda m: {"l": r"\left", "r": r"\right"}[m[1]], text)


@pytest.mark.parametrize("most", [6.0, 12.0])
@settings(max_examples=150, deadline=None)
@given(expr=trees(), seed=st.integers(0, 99))
def test_the_lines_mean_what_the_formula_does(most: float, expr: Expr, seed: int) -> None:
    (i, j), shown = lettered(expr, (ROW, COLUMN), TAKEN)
    sizes: dict[str, int] = {}
    for index in shown.atoms(Index):
        if sizes.setdefault(index.name, SIZES[str(index.size)]) != SIZES[str(index.size)]:
            return
    parts = lines(LatexPrinter(Names.of(TAKEN)).show(shown), most)
    assert_katex(r"\begin{aligned} " + r" \\ ".join(f"& {p}" for p in parts) + r" \end{aligned}")
    arrays = values(seed)
    reading = LatexReader(joined(parts), TOKENS, arrays, SIZES, sizes)
    read = reading.sum()
    assert reading.token == "", parts
    for a, b in product(range(SIZES["N"]), range(SIZES["D"])):
        expected = value(expr, arrays, {ROW.name: a, COLUMN.name: b})
        assert same(read({i.name: a, j.name: b}), expected), parts


def test_a_formula_that_fits_stays() -> None:
    assert lines(LONG, 40.0) == [LONG]


def test_breaks_are_outermost() -> None:
    first, second = lines(LONG, width(parse(LONG)) - 1)
    assert second == "- f_{k}"
    assert first + " " + second == LONG


def test_a_bracket_around_a_break_has_a_fixed_size() -> None:
    tex = r"s \left(a + b + c + d + e + f\right)"
    first, *_, last = lines(tex, 6.0)
    assert first.startswith(r"s \bigl(a")
    assert last.endswith(r"\bigr)")
    assert r"\left" not in joined([first]).replace(r"\left(a", "")


def test_a_fraction_that_is_too_wide_is_a_product() -> None:
    parts = lines(r"\frac{a + b + c + d + e + f}{n}", 6.0)
    assert parts[0].startswith(r"\frac{1}{n} \bigl(a")
    assert len(parts) > 1


@pytest.mark.parametrize(
    "tex",
    [
        r"\tanh\left(a + b\right)",
        r"\sum_{j} \left(a_{j} + b_{j}\right)",
        r"\frac{\partial}{\partial x_{k}} \left(a + b\right)",
        r"\operatorname{erf}\left(a + b\right)",
        r"\max_{j} \left(a_{j} + b_{j}\right)",
    ],
)
def test_nothing_is_torn_from_what_it_acts_on(tex: str) -> None:
    assert not any(r"\cdot" in part for part in lines(tex, 2.0))


def test_a_product_is_broken_where_there_is_no_sum() -> None:
    assert lines(r"a b \left(c\right) d \left(e\right)", 3.5)[1].startswith(r"\cdot \left(")


@pytest.mark.parametrize("most", [8.0, 12.0, 20.0])
def test_lines_fit(most: float) -> None:
    tex = " + ".join(rf"a_{{{n}}} \left(b_{{{n}}} - c\right)" for n in range(30))
    parts = lines(tex, most)
    assert all(width(parse(part)) <= most for part in parts)
    assert len(parts) < 2.5 * width(parse(tex)) / most
