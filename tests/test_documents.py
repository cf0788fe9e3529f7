"""Each formula that the documents display is in the output of its command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.command import run

TABLE = Path(__file__).parents[1] / "docs" / "documents.md"
ROW = re.compile(r"\| ([A-E, ]+) \| (.+?) \| `(.+?)` \| `(.+?)` \|")


def rows() -> list[tuple[str, str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    body = lines[lines.index("| --- | --- | --- | --- |") + 1 :]
    matches = [ROW.fullmatch(line) for line in body]
    assert all(matches)
    return [(m[3], m[4]) for m in matches if m is not None]


@pytest.mark.parametrize("command", sorted({command for command, _ in rows()}))
def test_what_is_displayed_is_reproduced(command: str) -> None:
    done = run(*shlex.split(command))
    assert done.stderr == ""
    assert done.code == (1 if command.startswith("check") and "false" in done.stdout else 0)
    for shown in (shown for asked, shown in rows() if asked == command):
        assert shown in done.stdout
