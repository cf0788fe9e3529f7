r"""LaTeX is read as TeX reads it, and its width is near what TeX makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symbackprop.emit.tex import (
    Command,
    Fenced,
    Group,
    Number,
    Rows,
    Script,
    Symbol,
    Word,
    is_tall,
    parse,
)
from symbackprop.emit.tex_width import text_width, width
from tests.conftest import GOLDEN


def test_what_stands_where() -> None:
    tex = r"\frac{a}{2.5} x_{ij}^{2} \left(\mathrm{learning\_rate}\right)"
    fraction, power, fence = parse(tex)
    assert isinstance(fraction, Command)
    assert [a[0] for a in fraction.arguments] == [Symbol(6, 7, "a"), Number(9, 12, "2.5")]
    assert isinstance(power, Script)
    assert tex[power.start : power.end] == "x_{ij}^{2}"
    assert isinstance(fence, Fenced)
    assert tex[fence.start : fence.end] == r"\left(\mathrm{learning\_rate}\right)"
    (word,) = fence.items
    assert isinstance(word, Word)
    assert (word.style, word.text) == ("mathrm", "learning_rate")


def test_cases() -> None:
    (rows,) = parse(r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}")
    assert isinstance(rows, Rows)
    assert [len(cells) for cells in rows.rows] == [2, 2]


def test_scripts_without_braces() -> None:
    (script,) = parse("x_1^2")
    assert isinstance(script, Script)
    assert script.below == (Number(2, 3, "1"),)
    (group,) = parse("{x}")
    assert isinstance(group, Group)


@pytest.mark.parametrize(
    "tex",
    [r"\frac{a}{b", r"\left(a", "a}", r"\begin{cases} a & b", r"\begin{cases} a \end{aligned}",
     "_k", r"\mathrm", r"\text{a"],
)  # fmt: skip
def test_what_is_not_closed_is_refused(tex: str) -> None:
    with pytest.raises(ValueError, match="of "):
        parse(tex)


def test_tall() -> None:
    assert is_tall(parse(r"a + \left(\frac{1}{n}\right)^{2}"))
    assert is_tall(parse(r"\sum_{j} a_{j}"))
    assert not is_tall(parse(r"\left(a_{k} + b^{2}\right)"))


def test_chinese_is_wide() -> None:
    assert text_width("链式法则") > text_width("four") > text_width("ill,") > 0


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_the_width_is_near_that_of_tex(tmp_path: Path) -> None:
    rights = []
    for path in sorted(GOLDEN.glob("*.tex"))[::3]:
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.fullmatch(r".*? &= (.*?)( \\\\(\[6pt\])?)?", line)
            if found and "cases" not in line and "text" not in line:
                rights.append(found[1])
    boxes = "\n".join(
        rf"\sbox0{{$\displaystyle {tex}$}}\typeout{{width {n} \the\wd0}}"
        for n, tex in enumerate(rights)
    )
    source = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{boxes}x"
    (tmp_path / "widths.tex").write_text(source + r"\end{document}", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "widths.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    measured = re.findall(r"width (\d+) ([\d.]+)pt", done.stdout)
    assert len(measured) == len(rights) > 50
    ratios = [width(parse(rights[int(n)])) / (float(points) / 10) for n, points in measured]
    assert min(ratios) > 0.75 and max(ratios) < 1.35
    assert abs(sum(ratios) / len(ratios) - 1) < 0.05
