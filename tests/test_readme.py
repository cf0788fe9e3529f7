"""The README's outputs are real: its commands are run and its Python session is a doctest."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
CONSOLE = re.compile(r"(?<=```console\n)\$ (symbackprop [^\n]*)\n.*?(?=```)", re.DOTALL)
FILE = re.compile(r"```python\n# (\w+\.py)\n(.*?)```", re.DOTALL)

OPTIONS = ["--rename", "--batch", "--notation", "--json", "--numpy", "--markdown", "--html",
           "--standalone", "--lang", "--steps"]  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_every_output_is_what_the_command_prints(
    tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    text = README.read_text(encoding="utf-8")
    for name, source in FILE.findall(text):
        (tmp_path / name).write_text(source, encoding="utf-8")

    def run(match: re.Match[str]) -> str:
        words = shlex.split(match[1])
        command = [sys.executable, "-X", "utf8", "-m", "symbackprop_cli", *words[1:]]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=tmp_path, check=False
        )
        assert done.returncode == 0, f"{match[1]}: {done.stderr}"
        assert done.stderr == ""
        return f"$ {match[1]}\n{done.stdout}"

    renewed, count = CONSOLE.subn(run, text)
    assert count >= 3
    golden("../../README.md", renewed)


def test_the_python_session_runs_as_shown() -> None:
    (session,) = blocks("pycon")
    test = doctest.DocTestParser().get_doctest(session, {}, "README.md", str(README), 0)
    assert len(test.examples) >= 5
    runner = doctest.DocTestRunner()
    report: list[str] = []
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_two_commands_are_complete_on_a_fresh_machine() -> None:
    commands = [block.strip() for block in blocks("sh")]
    assert len(commands) == 2
    assert all(command.startswith("python3 -m venv .venv && ") for command in commands)
    assert commands[0].endswith(".venv/bin/symbackprop derive softmax-ce --latex")
    assert commands[1].endswith(".venv/bin/pytest")


@pytest.mark.parametrize("option", OPTIONS)
def test_the_readme_names_only_options_that_exist(option: str) -> None:
    from symbackprop_cli.derive import command

    assert option in README.read_text(encoding="utf-8")
    assert any(option in parameter.opts for parameter in command.params)
