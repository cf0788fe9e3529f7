"""The pages of every layer: KaTeX takes their LaTeX, which is ASCII; their words are translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

import symbackprop as sb
from symbackprop.catalogue import names
from symbackprop.emit.page import Formula, Words
from symbackprop.emit.page_html import page_html
from symbackprop.emit.page_latex import page_latex
from symbackprop.emit.page_standalone import page_standalone
from symbackprop.emit.phrases import english
from tests.derived import derived
from tests.katex import assert_katex
from tests.messages import collected, is_translated

MESSAGES = collected()


def parts(page: Any) -> Iterator[Formula | Words]:
    """The words and formulas of a page."""
    if isinstance(page, Formula | Words):
        yield page
    if isinstance(page, tuple):
        for part in page:
            yield from parts(part)
    elif hasattr(page, "__dataclass_fields__"):
        for name in page.__dataclass_fields__:
            yield from parts(getattr(page, name))


@pytest.mark.parametrize("name", names())
def test_steps(name: str) -> None:
    page = derived(name)._steps_page(False).page
    latex = page_latex(page)
    blocks = re.findall(r"\\\[\n(.*?)\n\\\]", latex, re.DOTALL)
    assert len(blocks) > 2
    for block in blocks:
        assert_katex(block)
    assert page_standalone(page).isascii()
    page_html(page)  # refuses what it does not know
    found = list(parts(page))
    assert all(f.ascii.isascii() and f.latex.isascii() for f in found if isinstance(f, Formula))
    told = {w.template for w in found if isinstance(w, Words) and is_translated(w.template)}
    assert told <= set(MESSAGES)
    asked: set[str] = set()
    page_latex(page, words=lambda t: asked.add(t) or english(t))  # type: ignore[func-returns-value]
    assert told <= asked


def test_a_law_without_a_translation_would_be_seen() -> None:
    page = sb.derive("tanh")._steps_page(False).page
    told = {w.template for w in parts(page) if isinstance(w, Words)}
    assert {"chain rule", "derivative of {function}", "definition"} <= told
    assert "chain rulle" not in MESSAGES
