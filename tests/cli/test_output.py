"""Results go to stdout or, whole or not at all, to a file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from symbackprop_cli.output import Output, Unwritable

from symbackprop import catalogue
from tests.cli.command import run

COMMAND = [sys.executable, "-m", "symbackprop_cli"]


def test_a_file_holds_what_stdout_would_show(tmp_path: Path) -> None:
    shown = run("derive", "softmax-ce", "--latex").result()
    path = tmp_path / "notes.tex"
    assert run("derive", "softmax-ce", "--latex", "-o", str(path)).result() == ""
    assert path.read_text(encoding="utf-8") == shown
    assert [p.name for p in tmp_path.iterdir()] == ["notes.tex"]


def test_a_dash_is_stdout() -> None:
    assert run("derive", "add", "-o", "-").result() == run("derive", "add").result()


def test_a_failed_derivation_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "old.py"
    path.write_text("old", encoding="utf-8")
    run("derive", "softmax-ce", "--wrt", "z", "--numpy", "-o", str(path)).failed(2)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["old.py"]


@pytest.mark.parametrize("path", ["missing/out.tex", "."])
def test_a_place_that_cannot_be_written_is_said_before_any_work(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object, **__: object) -> None:
        raise AssertionError("derived before the output was looked at")

    monkeypatch.setattr("symbackprop.deriving.derive", derive)
    run("derive", "softmax-ce", "-o", path, cwd=tmp_path).failed(2, "-o")


def test_an_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The superuser may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    run("derive", "softmax-ce", "-o", str(tmp_path / "out.tex")).failed(2, "out.tex")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disc_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.tex"
    path.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Unwritable, match="No space left on device"):
        Output(str(path)).write("new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["old.tex"]


def test_a_replaced_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    Output(str(link)).write("new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)
    Output(str(pipe)).write("through")
    assert reader.communicate()[0] == "through\n"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_text_is_unicode_only_where_it_can_be_shown() -> None:
    wide = run("derive", "softmax-ce").result()
    narrow = run("derive", "softmax-ce", encoding="ascii").result()
    assert not wide.isascii()
    assert narrow.isascii()


def test_a_result_that_cannot_be_shown_is_an_error_and_not_a_wrong_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = replace(catalogue.load("softmax"), summary="Σ y = 1")
    monkeypatch.setattr(catalogue, "load", lambda name: layer)
    run("list", encoding="ascii").failed(1, "ascii")
    assert "Σ y = 1" in run("list").result()


def test_nobody_reads_on() -> None:
    # The pipe is closed before anything is written to it.
    script = f"{sys.executable} -m symbackprop_cli list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize(("redirection", "says"), [(">&-", "closed"), ("> /dev/full", "No space")])
def test_a_stdout_that_takes_nothing(redirection: str, says: str) -> None:
    script = f"{sys.executable} -m symbackprop_cli list {redirection}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("symbackprop: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_what_a_users_function_prints_is_not_a_result(tmp_path: Path) -> None:
    source = "print('loaded')\ndef square(x):\n    print('traced')\n    return x * x\n"
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    done = run("derive", "mine.py:square", "--shape", "x=n", "--latex", cwd=tmp_path)
    assert done.code == 0
    assert done.stdout.startswith("\\begin{aligned}")
    assert done.stderr == "loaded\ntraced\n"


def test_results_alone_go_to_stdout() -> None:
    done = subprocess.run(
        [*COMMAND, "derive", "softmax-ce", "--latex"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("\\begin{aligned}")
    assert done.stdout.endswith("\\end{aligned}\n")
    assert done.stderr == ""
