"""Formulas as outlines: all that the printer writes, and of a sensible size."""

from __future__ import annotations

import pytest

from symbackprop.emit.figure import extra
from symbackprop.emit.figure.extra import needed
from symbackprop.emit.figure.typeset import signed, sized, typeset
from symbackprop.errors import MissingExtra
from tests.emit.figure.figures import CASES, Sizes, figure
from tests.katex import assert_katex


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_every_label_is_good_latex_and_has_outlines(name: str, level: str, sizes: Sizes) -> None:
    for formula in figure(name, level, sizes).formulas:
        assert_katex(formula.latex)
        assert formula.ascii.isascii()
        found = typeset(formula.latex, 17.0)
        assert found.glyphs
        assert 0 < found.width < 40 * len(formula.latex)
        assert 0 < found.height < 140


def test_no_command_is_left_as_letters() -> None:
    r"""A command that is not known would be set as its name, \\foo as letters or nothing."""
    narrow = typeset(r"\frac{\partial L}{\partial y_{k}}", 17.0)
    assert narrow.width < typeset("fracpartialLpartialyk", 17.0).width / 2


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        (r"\left( x \right)", r"\left( x \right)"),
        (r"\left( \sum_{k} x_k \right)", r"\Bigl( \sum_{k} x_k \Bigr)"),
        (r"\left[ \sum_{k} \frac{a}{b} \right]", r"\biggl[ \sum_{k} \frac{a}{b} \biggr]"),
        (r"\left( \left( x \right) + \max_{j} y \right)",
         r"\Bigl( \left( x \right) + \max_{j} y \Bigr)"),
        (r"\left| \left( \sum_{k} x \right) \right|", r"\Bigl| \Bigl( \sum_{k} x \Bigr) \Bigr|"),
    ],
)  # fmt: skip
def test_fences_around_sums_get_a_size(latex: str, found: str) -> None:
    assert sized(latex) == found
    assert_katex(found)


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        (r"\exp(-x)", r"\exp({-}x)"), (r"\left( -x \right)", r"\left( {-}x \right)"),
        ("a = -x - y", "a = {-}x - y"), ("-x", "{-}x"), ("x - y", "x - y"), ("[-1]", "[{-}1]"),
        ("x^{-1}", "x^{-1}"),
    ],
)  # fmt: skip
def test_a_sign_is_no_difference(latex: str, found: str) -> None:
    assert signed(latex) == found
    assert typeset(latex, 17.0).width <= typeset("y" + latex, 17.0).width
    assert_katex(found)


@pytest.mark.parametrize("size", [10.0, 20.0])
def test_what_is_set_larger_is_larger(size: float) -> None:
    small, large = (typeset(r"\frac{t}{y}", s) for s in (size, 2 * size))
    assert large.width == pytest.approx(2 * small.width, rel=0.1)
    assert large.height == pytest.approx(2 * small.height, rel=0.1)


def test_the_line_of_a_fraction_is_a_rule() -> None:
    assert len(typeset(r"\frac{t}{y}", 17.0).rules) == 1
    assert typeset("t", 17.0).rules == ()


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extra, "import_module", absent)
    with pytest.raises(MissingExtra, match=r'pygraphviz.*pip install "symbackprop\[graph\]"'):
        needed("pygraphviz")
