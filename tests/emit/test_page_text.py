"""A page for a terminal: columns, wrapping, characters that are two columns wide."""

from __future__ import annotations

from symbackprop.emit.page import Display, Equation, Formula, Page, Paragraph, Words
from symbackprop.emit.page_text import page_text
from symbackprop.emit.text_lines import columns, wrapped
from tests.emit.sample_page import PAGE, SUM, Y


def test_every_block() -> None:
    assert page_text(PAGE) == """my_layer & co.

inputs
  given y[k], for 50% of them & so on_

y[k]
  y[k] = Σ_j a[j]    scalar
  a[k] < 1
  y[k] = Σ_j a[j]
          chain rule
      = learning_rate
          a[k] < 1; assumed [proved]
  inputs    result
  y[k]      Σ_j a[j]
  a[k] < 1  a|b
  y = a * b
  print(y)
"""


def test_ascii() -> None:
    shown = page_text(PAGE, unicode=False)
    assert shown.isascii()
    assert "y[k] = sum_j a[j]    scalar" in shown


def test_a_translation_moves_the_places() -> None:
    words = {"given {y}, for 50% of them": "für 50% gegeben: {y}"}
    shown = page_text(PAGE, words=lambda t: words.get(t, t))
    assert "\n  für 50% gegeben: y[k] & so on_\n" in shown


def test_a_short_formula_is_not_broken() -> None:
    near = Formula("a = b + c", "a = b + c", "a = b + c")
    page = Page("p", (Paragraph((Words("x" * 70 + " {f} end", (("f", near),)),)),))
    assert page_text(page).splitlines()[1:] == ["  " + "x" * 70, "  a = b + c end"]


def test_wide_characters_take_two_columns() -> None:
    assert columns("链式法则 a") == 10
    lines = wrapped("链式法则" * 12 + "，然后结束。", 40, 2)
    assert all(columns(line) <= 40 for line in lines)
    assert len(lines) == 3
    assert not any(line.strip().startswith(("，", "。")) for line in lines)


def test_remarks_stand_under_one_another_in_chinese_too() -> None:
    lines = (Equation(Y, SUM), Equation(Y, Y))
    remarks = ((Words("标量"),), (Words("标量"),))
    first, second = page_text(Page("p", (Display(lines, remarks),))).splitlines()[1:]
    assert first.index("标量") == second.index("标量")


def test_the_width_is_kept() -> None:
    terms = " + ".join(f"a{n}[k]*b{n}[k]" for n in range(40))
    long = Formula(terms, terms, "a")
    shown = page_text(Page("p", (Display((Equation(Y, long), long)),)), width=60)
    assert len(shown.splitlines()) > 15
    assert max(map(len, shown.splitlines())) <= 60
