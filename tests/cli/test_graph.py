"""`symbackprop graph`: each format, to a file or to stdout, and what is refused."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from symbackprop.emit.figure import extra
from tests.cli.command import run


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("svg", b"<svg xmlns="), ("png", b"\x89PNG"), ("tex", b"% Computational graph of apple\n"),
        ("dot", b'digraph "apple"'), ("mmd", b"---\ntitle: Computational graph of apple\n"),
    ],
)  # fmt: skip
def test_the_name_of_the_file_says_the_format(form: str, begins: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"apple.{form}"
    assert run("graph", "apple", "--backward", "-o", str(path)).result() == ""
    assert path.read_bytes().startswith(begins)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_format_beats_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    run("graph", "apple", "--format", "dot", "-o", str(path)).result()
    assert path.read_text(encoding="utf-8").startswith("digraph")


@pytest.mark.parametrize("form", ["svg", "tex", "dot", "mmd"])
def test_without_a_file_it_goes_to_stdout(form: str) -> None:
    assert "softmax-ce" in run("graph", "softmax-ce", "--format", form).result()


def test_messages_are_shown_when_they_are_asked_for() -> None:
    plain = run("graph", "softmax-ce", "--format", "mmd").result()
    both = run("graph", "softmax-ce", "--backward", "--format", "mmd").result()
    assert "←" not in plain
    assert '|"a[k]<br/>← y[k] - t[k]"|' in both


def test_a_concrete_n() -> None:
    shown = run("graph", "softmax-ce", "--n", "3", "--backward", "--format", "mmd").result()
    for part in ("a[3]<br/>← y[3] - t[3]", "1/S<br/>← -t[2]·S", "S<br/>← 1/S"):
        assert part in shown


def test_several_sizes() -> None:
    shown = run("graph", "affine-batch", "--n", "N=1, D=2,M=1", "--format", "mmd").result()
    assert "x[1,2]·W[2,1]" in shown


def test_layers() -> None:
    shown = run("graph", "softmax-ce", "--level", "layer", "--backward", "--format", "mmd").result()
    for part in ('["softmax"]', '["cross-entropy"]', "y[k]<br/>← -t[k]/y[k]"):
        assert part in shown


def test_numbers() -> None:
    values = "apple=100,apple_count=2,tax=1.1"
    shown = run("graph", "apple", "--backward", "--values", values, "--format", "mmd").result()
    for part in ("100<br/>← 2.2", "200<br/>← 1.1", "220<br/>← 1"):
        assert part in shown


def test_a_function_of_the_users_own(tmp_path: Path) -> None:
    source = "import numpy as np\n\ndef f(x, w):\n    print('tracing')\n    return np.tanh(x * w)\n"
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    done = run("graph", "mine.py:f", "--shape", "x=n", "--shape", "w=n", "--format", "dot",
               cwd=tmp_path)  # fmt: skip
    assert done.code == 0
    assert "tanh" in done.stdout and "tracing" not in done.stdout


def test_an_svg_on_stdout_is_well_formed() -> None:
    root = ElementTree.fromstring(run("graph", "sigmoid", "--format", "svg").result())
    assert root.attrib["role"] == "img"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give a file, as in -o graph.svg, or a --format"),
        (("-o", "x.gif"), "ends in none of .svg, .png, .tex, .dot, .mmd"),
        (("-o", "nowhere/x.svg"), "there is no folder"),
        (("--format", "png"), "a PNG is not text; give a file with -o"),
        (("--n", "x", "--format", "dot"), "--n takes a size, as 3, or sizes, as n=3,m=2, not 'x'"),
        (("--n", "n=2,n=3", "--format", "dot"), "--n gives 'n' twice"),
        (("--n", "m=2", "--format", "dot"), "there is no size 'm'; the sizes are n"),
        (("--n", "0", "--format", "dot"), "a size is 1 or more"),
        (("--n", "99", "--format", "dot"), "too many to read"),
        (("--values", "a=1", "--format", "dot"), "a has 1 axes, and 0 are given"),
        (("--values", "a=x", "--format", "dot"), "'x' is not a number"),
        (("--n", "2", "--values", "a=[1],t=[1]", "--format", "dot"), "differ"),
        (("--level", "atom", "--format", "dot"), "'atom' is not one of 'node', 'layer'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    run("graph", "softmax-ce", *arguments, cwd=tmp_path).failed(2, says)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extra, "import_module", absent)
    done = run("graph", "apple", "-o", "apple.svg", cwd=tmp_path)
    done.failed(1, 'pip install "symbackprop[graph]"')
    assert list(tmp_path.iterdir()) == []
    assert "digraph" in run("graph", "apple", "--format", "dot").result()  # needs no extra


def test_an_old_picture_stays_where_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    path.write_text("old", encoding="utf-8")
    run("graph", "softmax-ce", "--n", "99", "-o", str(path)).failed(2, "too many to read")
    assert path.read_text(encoding="utf-8") == "old"
