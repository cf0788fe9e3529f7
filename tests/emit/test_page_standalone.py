"""Documents of LaTeX compile as they are, and nothing sticks out of the page."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop.emit.page import Display, Formula, Page
from symbackprop.emit.page_standalone import page_standalone
from tests.emit.sample_page import PAGE
from tests.katex import assert_katex

HAS_TEX = shutil.which("pdflatex") is not None
LAYERS = ["softmax-ce", "layer-norm", "max-pool", "softmax-ce-labels", "gaussian-process",
          "apple"]  # fmt: skip

DOCUMENTS: dict[str, Callable[[], str]] = {
    **{name: lambda n=name: sb.derive(n).steps_latex(standalone=True) for name in LAYERS},  # type: ignore[misc]
    "result": lambda: sb.derive("two-layer").latex(standalone=True, notation="matrix"),
    "checks": lambda: sb.derive("tanh").steps_latex(standalone=True, checks=True),
    "spanish": lambda: sb.derive("hard-swish").steps_latex(standalone=True, lang="es"),
    "jacobian": lambda: sb.derive("softmax").jacobian("y", "a").latex(standalone=True),
    "product": lambda: sb.derive("logistic-regression").hvp("w").latex(standalone=True),
    "sample": lambda: page_standalone(PAGE),
}


def compiled(source: str, folder: Path, command: str = "pdflatex") -> str:
    """What TeX says of a document, after it has made a PDF of it."""
    (folder / "page.tex").write_text(source, encoding="utf-8")
    arguments = [command, "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (folder / "page.pdf").stat().st_size > 1000
    return done.stdout


@pytest.mark.skipif(not HAS_TEX, reason="needs pdflatex")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_compiles_and_fits(name: str, tmp_path: Path) -> None:
    said = compiled(DOCUMENTS[name](), tmp_path)
    points = [float(p) for p in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", said)]
    assert max(points, default=0.0) < 15.0, said  # the margin is 57 points


def _has(package: str) -> bool:
    if shutil.which("kpsewhich") is None:
        return False
    return bool(subprocess.run(["kpsewhich", package], capture_output=True, check=False).stdout)


@pytest.mark.parametrize(
    ("command", "needs"), [("pdflatex", "CJKutf8.sty"), ("xelatex", "xeCJK.sty")]
)
def test_a_chinese_document_compiles(command: str, needs: str, tmp_path: Path) -> None:
    source = sb.derive("softmax-ce").steps_latex(standalone=True, lang="zh")
    assert "链式法则" in source
    assert "% Chinese takes more" in source
    if shutil.which(command) is None or not _has(needs):
        pytest.skip(f"needs {command} with {needs}")
    compiled(source, tmp_path, command)


@pytest.mark.parametrize("name", ["softmax-ce", "gaussian-process"])
def test_the_formulas_are_those_that_katex_takes(name: str) -> None:
    source = sb.derive(name).steps_latex(standalone=True)
    assert source.isascii()
    body = source.partition(r"\begin{document}")[2]
    found = re.findall(r"\\begin\{alignat\*\}.*?\\end\{alignat\*\}", body, re.DOTALL)
    assert len(found) > 3
    for block in found:
        assert_katex(block)
    for inline in re.findall(r"\$(.+?)\$", body):
        assert_katex(inline)


@pytest.mark.skipif(not HAS_TEX, reason="needs pdflatex")
def test_what_cannot_be_broken_is_made_smaller(tmp_path: Path) -> None:
    wide = rf"\sqrt{{{' + '.join(f'a_{{{n}}}' for n in range(60))}}}"
    source = page_standalone(Page("wide", (Display((Formula("", "", wide),)),)))
    assert r"\fit{\sqrt" in source
    assert "Overfull" not in compiled(source, tmp_path)
    assert r"\newcommand{\fit}" not in page_standalone(PAGE)
