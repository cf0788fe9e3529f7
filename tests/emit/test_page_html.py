"""One file of HTML: well formed, in a language, with nothing fetched and nothing left of LaTeX."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import symbackprop as sb
from symbackprop.emit.page import Page, Paragraph, Words
from symbackprop.emit.page_html import page_html
from tests.emit.sample_page import PAGE

LAYERS = ["softmax-ce", "layer-norm", "max-pool", "gaussian-process", "apple", "gelu",
          "determinant", "rope"]  # fmt: skip
EMPTY = {"meta", "br"}


class Checked(HTMLParser):
    """Fails where tags do not nest; keeps the attributes and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def assert_alone(source: str) -> Checked:
    """A whole page that needs no network and runs nothing."""
    assert source.startswith("<!DOCTYPE html>\n<html lang=")
    page = Checked(source)
    names = {name for _, name, _ in page.attributes}
    assert not names & {"src", "href", "srcset", "onload", "onclick"}
    assert "<script" not in source and "@import" not in source and "url(" not in source
    assert "\\" not in source
    for math in re.findall(r"<math.*?</math>", source):
        ElementTree.fromstring(math)
    return page


def test_every_block() -> None:
    source = page_html(PAGE)
    page = assert_alone(source)
    text = "".join(page.text)
    assert ("html", "lang", "en") in page.attributes
    assert "<title>my_layer &amp; co.</title>" in source
    assert "for 50% of them & so on_" in text
    assert "learning_rate" in text
    assert "<pre><code>y = a * b\nprint(y)</code></pre>" in source
    assert '<span class="verdict">[proved]</span>' in source
    assert "<th>inputs</th>" in source
    assert "prefers-color-scheme: dark" in source


@pytest.mark.parametrize("name", LAYERS)
def test_steps(name: str) -> None:
    derived = sb.derive(name)
    source = derived.html(steps=True, checks=name == "softmax-ce")
    assert_alone(source)
    rows = sum(map(len, (s.steps for s in derived.steps.sections)))
    assert source.count('class="reason"') > rows / 2
    assert_alone(derived.html(notation="matrix"))


def test_products_and_jacobians() -> None:
    for derived in (sb.derive("softmax").jacobian("y", "a"), sb.derive("two-layer").hvp("W1"),
                    sb.derive("softmax-ce").hessian("a")):  # fmt: skip
        assert "∂" in "".join(assert_alone(derived.html()).text)


@pytest.mark.parametrize(("lang", "tag", "word"), [("zh", "zh-Hans", "链式法则"),
                                                   ("es", "es", "regla de la cadena")])  # fmt: skip
def test_languages(lang: str, tag: str, word: str) -> None:
    page = assert_alone(sb.derive("softmax-ce").html(steps=True, lang=lang))
    assert ("html", "lang", tag) in page.attributes
    assert word in "".join(page.text)


def test_what_looks_like_html_is_text() -> None:
    source = page_html(Page("<b>", (Paragraph((Words("a <script>alert(1)</script>"),)),)))
    assert "<script" not in source
    assert "".join(assert_alone(source).text).count("<script>alert(1)</script>") == 1
