"""Formulas for Markdown are the same formulas, written with what Markdown leaves alone."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from sympy import Expr

from symbackprop.algebra.letters import lettered
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.tex import parse
from symbackprop.emit.tex_markdown import for_markdown
from tests.emit.trees import COLUMN, ROW, trees
from tests.katex import assert_katex

TAKEN = frozenset({"s", "u", "v", "x_hat", "W1", "rate", "Q", "beta", "T", "N", "D", "M"})
SPELLED = {r"\lt": "<", r"\gt": ">", r"\vert": "|", r"\lbrack": "[", r"\rbrack": "]",
           r"\thinspace": r"\,", "mathrm": "operatorname"}  # fmt: skip


def shape(node: Any) -> Any:
    """A formula without the places where its pieces stand, in one spelling."""
    if is_dataclass(node):
        names = [f.name for f in fields(node) if f.name not in ("start", "end")]
        return type(node).__name__, *(shape(getattr(node, name)) for name in names)
    if isinstance(node, tuple):
        return tuple(map(shape, node))
    return SPELLED.get(node, node)


@settings(max_examples=200, deadline=None)
@given(expr=trees())
def test_it_is_the_same_formula(expr: Expr) -> None:
    shown = lettered(expr, (ROW, COLUMN), TAKEN)[1]
    latex = LatexPrinter(Names.of(TAKEN)).show(shown)
    written = for_markdown(latex)
    assert shape(parse(written.replace(r"\cr", r"\\"))) == shape(parse(latex))
    assert_katex(written)
    assert not re.search(r"\\[^A-Za-z ]", written.replace(r"\left(", "").replace(r"\right)", ""))
    assert not re.search(r"(?<! )_|[*<>|`~]", written)


@pytest.mark.parametrize(
    ("tex", "written"),
    [
        (r"y_{k}^{2}", "y _k^2"),
        (r"\frac{1}{n}", r"\frac 1 n"),
        (r"\frac{\partial L}{\partial x_{ij}}", r"\frac{\partial L}{\partial x _{i j}}"),
        (r"\operatorname{diag}\left(\boldsymbol{y}\right)",
         r"\mathrm{diag} \left(\boldsymbol y \right)"),
        (r"a \, b", r"a \thinspace b"),
        (r"\left[ x < 1 \right]", r"\left\lbrack x \lt 1 \right\rbrack"),
        (r"\left| x \right|^{-1}", r"\left\vert x \right\vert^{- 1}"),
        (r"\mathrm{learning\_rate}", r"\mathrm{learning\rule{0.4em}{0.05em}rate}"),
        (r"\text{50\% of }", "\\text{50\uff05 of }"),
        (r"x_{10}", "x _{10}"),
        (r"&= x && \text{why}", r"&= x && \text{why}"),
        (r"\begin{cases} x & \text{if } y \\ z & w \end{cases}",
         r"\begin{cases} x & \text{if } y \cr z & w \end{cases}"),
    ],
)  # fmt: skip
def test_spellings(tex: str, written: str) -> None:
    assert for_markdown(tex) == written
