"""TikZ that pdflatex compiles, DOT that Graphviz reads, Mermaid, PNG."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from symbackprop.emit.figure.dot import dot
from symbackprop.emit.figure.figure import PLAIN, Arrow, Box, Figure
from symbackprop.emit.figure.mermaid import mermaid
from symbackprop.emit.figure.png import png
from symbackprop.emit.figure.svg import svg
from symbackprop.emit.figure.tikz import tikz
from symbackprop.emit.page import Formula
from tests.emit.figure.figures import CASES, Sizes, drawing, figure

COMPILED = [CASES[0], CASES[3], CASES[4], CASES[10], CASES[13], CASES[16]]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
@pytest.mark.parametrize(("name", "level", "sizes"), COMPILED)
def test_pdflatex_compiles_the_picture(
    name: str, level: str, sizes: Sizes, tmp_path: Path
) -> None:
    source = tikz(drawing(name, level, sizes))
    assert source.isascii()
    (tmp_path / "graph.tex").write_text(source, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "graph.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_the_picture_in_tex_has_every_label_once(name: str, level: str, sizes: Sizes) -> None:
    source = tikz(drawing(name, level, sizes))
    formulas = [f.latex for f in figure(name, level, sizes).formulas]
    found = re.findall(r"\{\$\\displaystyle (.*)\$\};", source)
    assert sorted(found) == sorted(formulas)
    assert source.count(r"\draw[back]") == source.count("text=message")


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_graphviz_reads_the_graph(name: str, level: str, sizes: Sizes) -> None:
    import pygraphviz

    drawn = figure(name, level, sizes)
    graph = pygraphviz.AGraph(string=dot(drawn))
    labels = [a for a in drawn.arrows if a.above or a.below]
    assert graph.number_of_nodes() == len(drawn.boxes) + len(labels)
    assert graph.number_of_edges() == len(drawn.arrows) + len(labels)


def test_signs_of_the_languages_are_escaped() -> None:
    text = Formula('"x" < y & z > #1 \\', "x", "x")
    hostile = Figure(
        'a"b', 'c"d', "", (Box(0, PLAIN, text), Box(1, PLAIN, text)), (Arrow(0, 1, text, text),)
    )
    import pygraphviz

    graph = pygraphviz.AGraph(string=dot(hostile))
    assert graph.number_of_nodes() == 3
    assert "&lt; y &amp; z &gt;" in dot(hostile)
    for line in mermaid(hostile).splitlines()[4:7]:
        inner = re.findall(r'"([^"]*)"', line)
        assert len(inner) == 1
        assert not re.search(r"[<>&](?!br/>)(?<!<br/>)", inner[0].replace("<br/>", ""))


_NODE = re.compile(r'  b\d+(\(\("[^"]+"\)\)|\["[^"]+"\])')
_EDGE = re.compile(r'  b\d+ -->(\|"[^"]+"\|)? b\d+')
_CLASS = re.compile(r"  (classDef \w+ [\w:#,]+|class b\d+(,b\d+)* \w+)")


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_mermaid_has_a_line_for_each_box_and_arrow(name: str, level: str, sizes: Sizes) -> None:
    drawn = figure(name, level, sizes)
    lines = mermaid(drawn).splitlines()
    assert lines[:4] == ["---", f"title: {drawn.title}", "---", "flowchart LR"]
    kinds = [next((k for k in (_NODE, _EDGE, _CLASS) if k.fullmatch(line)), None)
             for line in lines[4:]]  # fmt: skip
    assert None not in kinds
    assert kinds.count(_NODE) == len(drawn.boxes)
    assert kinds.count(_EDGE) == len(drawn.arrows)


def test_the_pixels_are_those_of_the_picture() -> None:
    found = drawing("softmax-ce")
    data = png(svg(found, background="white"))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width == pytest.approx(2 * (found.width + 16), abs=3)
    assert height == pytest.approx(2 * (found.height + 16), abs=3)
    assert len(data) > 5000
