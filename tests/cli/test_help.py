"""Help, version and the list of layers, which answer without the engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from symbackprop_cli.main import COMMANDS, cli

import symbackprop
from symbackprop import catalogue
from tests.cli.command import run

README = Path(__file__).parents[2] / "README.md"


def test_the_version() -> None:
    assert run("--version").result() == f"symbackprop, version {symbackprop.__version__}\n"


def test_the_help_names_every_command() -> None:
    shown = run("--help").result()
    for name, summary in COMMANDS.items():
        assert name in shown
        assert summary.split(".")[0][:30] in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_and_stands_in_the_readme(name: str) -> None:
    shown = run(name, "--help").result()
    assert shown.startswith(f"Usage: symbackprop {name}")
    assert f"symbackprop {name}" in README.read_text(encoding="utf-8")


def test_the_static_help_is_that_of_the_commands() -> None:
    for name, summary in COMMANDS.items():
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.name == name
        assert (command.help or "").split("\n\n")[0] == summary


def test_without_arguments_the_help_goes_to_stderr() -> None:
    done = run()
    assert (done.code, done.stdout) == (2, "")
    assert "derive" in done.stderr


def test_the_list_shows_every_layer_in_eighty_columns() -> None:
    lines = run("list").result().splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue.names())
    assert max(map(len, lines)) <= 80
    assert all(re.fullmatch(r"\S+ {2,}\S.*\S", line) for line in lines)


def test_the_list_as_json() -> None:
    records = json.loads(run("list", "--json").result())
    by_name = {record["name"]: record for record in records}
    assert list(by_name) == list(catalogue.names())
    assert by_name["softmax-ce"]["shapes"] == {"a": ["n"], "t": ["n"]}
    assert by_name["softmax-ce"]["assume"] == ["sum(t) == 1"]
