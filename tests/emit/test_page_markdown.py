"""Markdown leaves the formulas alone, and KaTeX takes them; GitHub's own limits are kept to."""

from __future__ import annotations

import html
import re

import pytest
from markdown_it import MarkdownIt

import symbackprop as sb
from symbackprop.emit.page_markdown import page_markdown
from tests.emit.sample_page import PAGE
from tests.katex import katex_error

LAYERS = ["softmax-ce", "layer-norm", "max-pool", "gaussian-process", "apple", "hard-swish",
          "glu-split", "relu"]  # fmt: skip
# The macros that GitHub shows an error for, whatever MathJax makes of them.
REFUSED = ("operatorname", "phantom", "unicode", "mathchoice", "colorbox", "newcommand", "def")


def formulas(markdown: str) -> list[str]:
    """What stands between dollar signs, outside of code."""
    text = re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    displays = re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL)
    return displays + re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL))


def assert_untouched(markdown: str) -> None:
    """Every formula comes out of a reader of Markdown as it went in."""
    rendered = MarkdownIt("commonmark").enable("table").render(markdown)
    assert not re.search("<(em|strong|a|ul|ol|hr|br|del|blockquote)[ >/]", rendered), rendered
    shown = html.unescape(rendered)
    found = formulas(markdown)
    assert found
    for formula in found:
        assert formula in shown
        assert katex_error(formula) == "", formula
        assert not any(rf"\{macro}" in formula for macro in REFUSED)


def test_every_block() -> None:
    shown = page_markdown(PAGE)
    assert_untouched(shown)
    assert shown.startswith("# my\\_layer & co.\n\n## Inputs\n\ngiven $y _k$, for 50% of them")
    assert "\n\n### $y _k$\n\n$$\\begin{aligned}\ny _k &= \\sum _j a _j" in shown
    assert "| Inputs | result |" not in shown
    assert "| inputs | result |\n| --- | --- |\n| $y _k$ | $\\sum _j a _j$ |" in shown
    assert "| $a _k \\lt 1$ | a\\|b |" in shown
    assert "```python\ny = a * b\nprint(y)\n```" in shown


@pytest.mark.parametrize("name", LAYERS)
def test_steps_are_untouched_by_markdown(name: str) -> None:
    shown = sb.derive(name).markdown(steps=True)
    assert_untouched(shown)
    assert all(formula.count("{") < 1000 for formula in formulas(shown))
    assert shown.count("{") < 2000


@pytest.mark.parametrize("lang", ["zh", "es"])
def test_a_dollar_sign_opens_after_a_space(lang: str) -> None:
    derived = sb.derive("relu")
    for shown in (derived.markdown(lang=lang), derived.markdown(steps=True, lang=lang)):
        assert_untouched(shown)
        text = re.sub(r"\$\$.*?\$\$", "", shown, flags=re.DOTALL)
        for found in re.finditer(r"(.?)\$[^$\n]+\$(.?)", text):
            assert found[1] in ("", " ", "(", "\n")
            assert not found[2].isalnum()


def test_products_and_jacobians() -> None:
    for derived in (sb.derive("softmax").jacobian("y", "a"), sb.derive("two-layer").hvp("W1"),
                    sb.derive("softmax-ce").hessian("a")):  # fmt: skip
        assert_untouched(derived.markdown())
    assert_untouched(sb.derive("two-layer").markdown(notation="matrix"))


def test_a_fence_is_longer_than_those_in_it() -> None:
    from symbackprop.emit.page import Listing, Page

    shown = page_markdown(Page("p", (Listing("```\ncode\n```"),)))
    assert "````\n```\ncode\n```\n````" in shown
