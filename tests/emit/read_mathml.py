"""MathML as the LaTeX that a browser's picture of it would be copied to: by elements alone."""

from __future__ import annotations

from xml.etree import ElementTree

_SIGNS = {
    "−": "-", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "∑": r"\sum", "∏": r"\prod", "∧": r"\land",
    "δ": r"\delta", "β": r"\beta", "⋅": r"\cdot", "max": r"\max", "min": r"\min", "exp": r"\exp",
    "log": r"\log", "tanh": r"\tanh",
}  # fmt: skip


def read(mathml: str) -> str:
    """The LaTeX of a `math` element. Fails on an element that it does not know."""
    return _row(ElementTree.fromstring(mathml))


def _row(element: ElementTree.Element) -> str:
    return " ".join(map(_shown, element))


def _shown(element: ElementTree.Element) -> str:
    tag, parts = element.tag, list(element)
    if tag in ("mi", "mn", "mo"):
        return _sign(element)
    if tag == "mtext":
        return rf"\text{{{(element.text or '').replace(chr(0xA0), ' ')}}}"
    if tag == "mspace":
        return ""
    if tag == "mrow":
        return _row(element)
    if tag == "mfrac":
        return rf"\frac{{{_shown(parts[0])}}}{{{_shown(parts[1])}}}"
    if tag == "msqrt":
        return rf"\sqrt{{{_row(element)}}}"
    if tag == "munder":
        over = _shown(parts[1]).replace(r"\ne ", r"\neq ")  # the others, of a product
        return f"{_shown(parts[0])}_{{{over}}}"
    if tag == "msub":
        return f"{_shown(parts[0])}_{{{_shown(parts[1])}}}"
    if tag == "msup":
        return f"{_shown(parts[0])}^{{{_shown(parts[1])}}}"
    if tag == "msubsup":
        return f"{_shown(parts[0])}_{{{_shown(parts[1])}}}^{{{_shown(parts[2])}}}"
    if tag == "mover":
        assert parts[1].text == "^"
        return rf"\hat{{{_shown(parts[0])}}}"
    if tag == "mtable":
        rows = (" & ".join(_row(cell) for cell in row) for row in parts)
        return " \\\\ ".join(rows) + r" \end{cases}"
    raise AssertionError(tag)


def _sign(element: ElementTree.Element) -> str:
    text = element.text or ""
    if element.get("form") in ("prefix", "postfix") and text in "()[]|{":
        left = element.get("form") == "prefix"
        if text == "{":
            return r"\begin{cases}"
        return rf"\left{text}" if left else rf"\right{text}"
    if text in _SIGNS:
        return _SIGNS[text]
    if len(text) > 1 and text.isalpha():
        return rf"\operatorname{{{text}}}" if text in ("sign", "erf") else rf"\mathrm{{{text}}}"
    return text
