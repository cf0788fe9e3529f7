"""Which format is meant: by an option, by a file's suffix, and what cannot be meant together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from symbackprop_cli.formats import SUFFIXES

from tests.cli.command import run

BEGINS = {
    "latex": "\\begin{aligned}", "markdown": "# softmax-ce\n", "html": "<!DOCTYPE html>",
    "numpy": '"""', "json": "{", "c": "/*\n * softmax-ce: ",
}  # fmt: skip


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".MD"])
def test_a_suffix_picks_the_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    assert run("derive", "softmax-ce", "-o", str(path)).result() == ""
    form = SUFFIXES[suffix.lower()]
    text = path.read_text(encoding="utf-8")
    assert text.startswith(BEGINS[form])
    assert text == run("derive", "softmax-ce", f"--{form}").result()


@pytest.mark.parametrize("name", ["out.txt", "out", "notes.log"])
def test_other_suffixes_hold_text_or_what_is_asked_for(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    run("derive", "softmax-ce", "-o", str(path)).result()
    assert path.read_text(encoding="utf-8").startswith("softmax-ce\n\ninputs\n")
    run("derive", "softmax-ce", "--json", "-o", str(path)).result()
    assert json.loads(path.read_text(encoding="utf-8"))["name"] == "softmax-ce"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--latex", "-o", "x.py"), "--latex does not go into a .py file, which holds numpy"),
        (("--text", "-o", "x.html"), "--text does not go into a .html file"),
        (("--cost", "-o", "x.md"), "--cost does not go into a .md file"),
        (("-o", "x.pdf"), "compile it with pdflatex"),
        (("--latex", "--numpy"), "--latex and --numpy are two formats; write one of them"),
        (("--cost", "--text"), "--cost and --text are two formats"),
        (("--standalone",), "--standalone belongs to --latex"),
        (("--standalone", "-o", "x.md"), "--standalone belongs to --latex"),
        (("--numpy", "--lang", "es"), "--lang is for --text, --latex, --markdown and --html"),
        (("-o", "x.json", "--lang", "es"), "--lang is for"),
        (("--lang", "fr"), "'fr' is not one of 'en', 'zh', 'es'"),
        (("--steps", "--numpy"), "--steps is for gradients"),
        (("--steps", "-o", "x.py"), "--steps is for gradients"),
        (("--steps", "--notation", "matrix", "--html"), "--steps is for gradients"),
        (("--notation", "matrix", "--json"), "--notation is for gradients and products"),
        (("--hessian", "a", "--notation", "matrix", "--markdown"), "--notation is for gradients"),
    ],
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    run("derive", "softmax-ce", *arguments, cwd=tmp_path).failed(2, says)
    assert list(tmp_path.iterdir()) == []


def test_a_document() -> None:
    shown = run("derive", "softmax-ce", "--latex", "--standalone").result()
    assert shown.startswith("\\documentclass")
    assert shown.endswith("\\end{document}\n")
    steps = run("derive", "softmax-ce", "--steps", "--latex", "--standalone").result()
    assert "quotient rule" in steps and "quotient rule" not in shown


def test_a_document_by_the_suffix(tmp_path: Path) -> None:
    path = tmp_path / "out.tex"
    run("derive", "softmax-ce", "--standalone", "-o", str(path)).result()
    assert path.read_text(encoding="utf-8").startswith("\\documentclass")


@pytest.mark.parametrize("form", ["--text", "--latex", "--markdown", "--html"])
@pytest.mark.parametrize("request_", ["--steps", "--jacobian=y,a", "--hessian=a", "--jvp=a",
                                      "--hvp=a", ""])  # fmt: skip
def test_every_request_has_every_page(form: str, request_: str) -> None:
    arguments = [request_] if request_ else []
    english = run("derive", "softmax-ce", form, *arguments).result()
    spanish = run("derive", "softmax-ce", form, *arguments, "--lang", "es").result()
    assert english != spanish or (form, request_) == ("--latex", "--jacobian=y,a")
    assert "y" in english


def test_checks_are_told_in_every_page() -> None:
    for form in ("--text", "--latex", "--markdown", "--html"):
        shown = run("derive", "tanh", "--steps", "--show-checks", form, "--lang", "zh").result()
        assert "已证明" in shown


def test_a_terminal_that_cannot_show_the_language(tmp_path: Path) -> None:
    run("derive", "relu", "--lang", "zh", encoding="ascii").failed(1, "cannot show the result")
    shown = run("derive", "relu", "--lang", "zh", encoding="gbk").result()
    assert "正向传播" in shown and "dL/dy" in shown


def test_matrix_notation_in_pages() -> None:
    shown = run("derive", "affine-batch", "--markdown", "--notation", "matrix").result()
    assert r"\boldsymbol" in shown
    assert "vectors are columns" in shown


def test_the_catalogue_in_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    from symbackprop import catalogue

    monkeypatch.setattr(catalogue, "names", lambda: ("relu", "softmax-ce"))
    shown = run("list", "--markdown").result()
    assert "[relu](#relu) · [softmax-ce](#softmax-ce)" in shown
    assert "each of the 2 layers" in shown
    assert "\n## softmax-ce\n\nSoftmax with cross-entropy: y - t\n\n```text\ninputs\n" in shown
    assert "  da[k] = y[k] - t[k]    ∂L/∂a\n\nusing\n  Σ_k t[k] = 1    assumed\n```\n" in shown
