"""Run the command line in this process, as a shell would see it."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from symbackprop_cli.main import run as run_command


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    def failed(self, code: int | None, *says: str) -> None:
        """Nothing on stdout; one line on stderr that says this; this code (None: 1 or 2)."""
        assert self.stdout == ""
        assert self.code in ((1, 2) if code is None else (code,)), self.stderr
        assert self.stderr.startswith("symbackprop: ")
        assert self.stderr.count("\n") == 1, self.stderr
        assert "Traceback" not in self.stderr
        for piece in says:
            assert piece in self.stderr, f"{piece!r} is not in {self.stderr!r}"

    def result(self) -> str:
        """The result of a command that went well and had nothing to say beside it."""
        assert self.code == 0, self.stderr
        assert self.stderr == ""
        return self.stdout


def run(*arguments: str, cwd: Path | None = None, encoding: str = "utf-8") -> Done:
    """Run `symbackprop` with these arguments in a folder, writing in an encoding."""
    out, err = io.BytesIO(), io.BytesIO()
    before = Path.cwd()
    with (
        io.TextIOWrapper(out, encoding, write_through=True) as stdout,
        io.TextIOWrapper(err, "utf-8", write_through=True) as stderr,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        os.chdir(cwd or before)
        try:
            code = run_command(list(arguments))
        finally:
            os.chdir(before)
        return Done(code, out.getvalue().decode(encoding), err.getvalue().decode())
