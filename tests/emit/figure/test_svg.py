"""SVG: well-formed, self-contained, described, safe to put twice on a page, for both themes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from symbackprop.emit.figure.figure import PLAIN, Box, Figure
from symbackprop.emit.figure.layout import layout
from symbackprop.emit.figure.svg import DARK, LIGHT, svg
from symbackprop.emit.page import Formula
from tests.emit.figure.figures import CASES, Sizes, drawing

_NS = "{http://www.w3.org/2000/svg}"


def parsed(name: str, level: str = "node", sizes: Sizes = ()) -> ElementTree.Element:
    return ElementTree.fromstring(svg(drawing(name, level, sizes)))


def ids(root: ElementTree.Element) -> list[str]:
    return [e.attrib["id"] for e in root.iter() if "id" in e.attrib]


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_it_is_well_formed_and_every_reference_has_its_target(
    name: str, level: str, sizes: Sizes
) -> None:
    root = parsed(name, level, sizes)
    found = ids(root)
    assert len(found) == len(set(found))
    used = [e.attrib["href"] for e in root.iter(f"{_NS}use")]
    assert used
    assert all(u.removeprefix("#") in found for u in used)
    assert {i.partition("-")[0] for i in found} == {root.attrib["id"]}


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_nothing_comes_from_elsewhere(name: str, level: str, sizes: Sizes) -> None:
    text = svg(drawing(name, level, sizes))
    assert re.findall(r"(?:https?:|url\(|@import|<script|<image|<text)", text) == [
        "http:"  # the namespace
    ]


def test_two_pictures_on_one_page_share_no_id() -> None:
    one, two = (parsed(name) for name in ("softmax-ce", "sigmoid-bce"))
    assert not set(ids(one)) & set(ids(two))


def test_the_same_picture_is_the_same_file() -> None:
    assert svg(drawing("softmax-ce")) == svg(drawing("softmax-ce"))


def test_it_has_a_title_and_says_in_words_what_it_shows() -> None:
    root = parsed("softmax-ce", "node", (("n", 3),))
    title, desc = root.find(f"{_NS}title"), root.find(f"{_NS}desc")
    assert title is not None and desc is not None
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"
    assert title.text == "Computational graph of softmax-ce"
    assert "for a[2]: y[2] - t[2]" in str(desc.text)


def test_what_a_title_says_cannot_leave_it() -> None:
    text = Formula("x", "x", "x")
    figure = Figure("f", '</title><script>"', "<&>", (Box(0, PLAIN, text),), ())
    root = ElementTree.fromstring(svg(layout(figure)))
    assert root.find(f"{_NS}script") is None
    assert root.findtext(f"{_NS}title") == '</title><script>"'
    assert root.findtext(f"{_NS}desc") == "<&>"


def test_both_themes_have_their_colours() -> None:
    style = str(parsed("softmax-ce").findtext(f"{_NS}style"))
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    assert all(colour in light for colour in LIGHT.values())
    assert all(colour in dark for colour in DARK.values())
    rules = re.findall(r"#\w+ [^{]*\{|^#\w+ \{", style, re.MULTILINE)
    assert rules and all(r.startswith("#g") for r in rules)  # no rule reaches beyond the picture


@pytest.mark.parametrize(
    ("colours", "page"), [(LIGHT, "#ffffff"), (DARK, "#0d1117"), (DARK, "#1e1e1e")]
)
def test_texts_stand_out_from_the_page_and_from_each_other(
    colours: dict[str, str], page: str
) -> None:
    assert contrast(colours["ink"], page) >= 7
    assert contrast(colours["message"], page) >= 4.5
    assert contrast(colours["ink"], colours["node"]) >= 4.5
    assert contrast(colours["ink"], colours["layer"]) >= 4.5
    assert colours["message"] != colours["ink"]


def contrast(one: str, two: str) -> float:
    """The contrast of two colours as the accessibility guidelines measure it, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_values_and_messages_have_colours_of_their_own() -> None:
    root = parsed("softmax-ce")
    groups = [e.attrib["class"] for e in root.iter(f"{_NS}g")]
    assert groups.count("message") == 10
    assert groups.count("ink") > 20


def test_without_messages_there_is_one_colour_only() -> None:
    from tests.emit.figure.figures import figure

    root = ElementTree.fromstring(svg(layout(figure("softmax-ce", messages=False))))
    assert "message" not in [e.attrib.get("class") for e in root.iter()]
    assert "back" not in [e.attrib.get("class") for e in root.iter()]
