r"""A page as blocks of LaTeX: KaTeX takes each, lines are not too wide, words stand in \text."""

from __future__ import annotations

import re

import pytest

import symbackprop as sb
from symbackprop.emit.aligned import WIDE
from symbackprop.emit.page import Chain, Display, Equation, Formula, Page, Row, Words
from symbackprop.emit.page_latex import page_latex
from symbackprop.emit.tex import parse
from symbackprop.emit.tex_width import width
from symbackprop.emit.translations import translation
from tests.emit.sample_page import PAGE, Y
from tests.katex import assert_katex, katex_error


def blocks(latex: str) -> list[str]:
    """What stands between `\\[` and `\\]`, which is everything."""
    found = re.findall(r"\\\[\n(.*?)\n\\\]", latex, re.DOTALL)
    rest = re.sub(r"\\\[\n.*?\n\\\]", "", latex, flags=re.DOTALL)
    rest = re.sub(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", "", rest, flags=re.DOTALL)
    assert rest.strip() == ""
    return found


def test_every_block() -> None:
    shown = page_latex(PAGE)
    found = blocks(shown)
    for block in found:
        assert_katex(block)
    assert found[0] == r"""\begin{aligned}
& \textbf{inputs} \\
& \text{given } y_{k} \text{, for 50\% of them \& so on\_}
\end{aligned}"""
    assert r"y_{k} &= \sum_{j} a_{j} && \text{scalar} \\" in found[1]
    assert r"&= \mathrm{learning\_rate} && a_{k} < 1 \text{; assumed [proved]}" in found[2]
    assert r"a_{k} < 1 && \text{a} | \text{b}" in found[3]
    assert "\\begin{verbatim}\ny = a * b\nprint(y)\n\\end{verbatim}" in shown


def test_reasons_stand_below_where_there_is_no_room_beside() -> None:
    wide = Formula("", "", " + ".join(f"a_{{{n}}}" for n in range(25)))
    chain = Chain(Y, (Row(wide, (Words("terms collected in another order"),)), Row(Y)))
    (block,) = blocks(page_latex(Page("p", (chain,))))
    assert "\\\\\n&\\qquad \\text{terms collected in another order} \\\\[6pt]\n&= y_{k}" in block
    assert "&&" not in block


def test_a_line_that_is_too_wide_is_broken() -> None:
    wide = Formula("", "", " + ".join(f"a_{{{n}}} b_{{{n}}}" for n in range(40)))
    (block,) = blocks(page_latex(Page("p", (Display((Equation(Y, wide),)),))))
    assert_katex(block)
    lines = block.splitlines()[1:-1]
    assert len(lines) == 4
    assert all(line.startswith(r"&\quad + a_{") for line in lines[1:])
    assert all(width(parse(line.replace("&", "").removesuffix(r" \\"))) <= WIDE for line in lines)


@pytest.mark.parametrize("lang", ["es", "zh"])
@pytest.mark.parametrize("name", ["softmax-ce", "relu", "softmax-ce-labels", "gaussian-process"])
def test_katex_takes_other_languages(lang: str, name: str) -> None:
    derived = sb.derive(name)
    for block in (*blocks(derived.steps_latex(lang=lang)), derived.latex(lang=lang)):
        assert katex_error(block) == ""
    assert translation(lang)("forward") in derived.steps_latex(lang=lang)
