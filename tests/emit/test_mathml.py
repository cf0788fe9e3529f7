"""MathML shows what the LaTeX shows: read back by its elements, it has the same value."""

from __future__ import annotations

from itertools import product
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr

from symbackprop.algebra.letters import lettered
from symbackprop.algebra.nodes import Index
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.mathml import mathml
from symbackprop.errors import NotYet
from tests.emit.read_latex import TOKENS, LatexReader
from tests.emit.read_mathml import read
from tests.emit.trees import COLUMN, ROW, trees, values
from tests.emit.values import SIZES, same, value

TAKEN = frozenset({"s", "u", "v", "x_hat", "W1", "rate", "Q", "beta", "T", *SIZES})


@settings(max_examples=200, deadline=None)
@given(expr=trees(), seed=st.integers(0, 99))
def test_what_is_shown_is_what_was_meant(expr: Expr, seed: int) -> None:
    (i, j), shown = lettered(expr, (ROW, COLUMN), TAKEN)
    sizes: dict[str, int] = {}
    for index in shown.atoms(Index):
        if sizes.setdefault(index.name, SIZES[str(index.size)]) != SIZES[str(index.size)]:
            return
    latex = read(mathml(LatexPrinter(Names.of(TAKEN)).show(shown)))
    arrays = values(seed)
    reading = LatexReader(latex, TOKENS, arrays, SIZES, sizes)
    read_back = reading.sum()
    assert reading.token == "", latex
    for a, b in product(range(SIZES["N"]), range(SIZES["D"])):
        expected = value(expr, arrays, {ROW.name: a, COLUMN.name: b})
        assert same(read_back({i.name: a, j.name: b}), expected), latex


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\boldsymbol{x}^{\top} \boldsymbol{\gamma}", "𝒙⊤𝜸"),
        (r"\mathbf{1} + \mathbf{I}", "𝟏+𝐈"),
        (r"\mathtt{log}_{k}", "𝚕𝚘𝚐k"),
        (r"\mathcal{L}", "ℒ"),
        (r"\dot{a}_{k} - 2", "a˙k−2"),
        (r"\lceil k/2 \rceil \bmod 3", "⌈k/2⌉mod3"),
        (r"\mathrm{learning\_rate}", "learning_rate"),
        (r"a < b", "a<b"),
        (r"\biggl(a", "(a"),
        (r"\text{where } x", "where\u00a0x"),
        (r"\Gamma \epsilon \lambda", "Γϵλ"),
    ],
)
def test_the_characters(tex: str, text: str) -> None:
    assert "".join(ElementTree.fromstring(mathml(tex)).itertext()) == text


def test_a_minus_sign_that_begins_a_formula_is_no_operation() -> None:
    (minus, *_) = ElementTree.fromstring(mathml("-x - y"))
    assert minus.get("form") == "prefix"
    later = ElementTree.fromstring(mathml("-x - y"))[2]
    assert (later.text, later.get("form")) == ("−", None)


def test_brackets_grow_around_what_is_tall_alone() -> None:
    assert 'stretchy="true"' in mathml(r"\left(\frac{a}{b}\right)")
    assert 'stretchy="true"' not in mathml(r"\left(a + b\right)")


def test_what_is_told_is_escaped() -> None:
    shown = mathml("a < b", told='a < "b"')
    assert ElementTree.fromstring(shown).get("alttext") == 'a < "b"'


@pytest.mark.parametrize(
    "tex", [r"\unknown x", r"\begin{matrix} a \end{matrix}", r"\left\foo a \right)"]
)
def test_a_command_that_is_not_known_is_refused(tex: str) -> None:
    with pytest.raises(NotYet, match="no MathML yet"):
        mathml(tex)
