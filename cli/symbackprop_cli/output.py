"""Where results go: to stdout as they are, or to a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click


class Unwritable(click.ClickException):
    """The destination cannot be written: the request's fault, not the derivation's."""

    exit_code = 2


class Output:
    """The destination of a result: stdout, or the file given by `-o`.

    Raises Unwritable at once if it cannot be written, before any work is done.
    """

    def __init__(self, path: str | None) -> None:
        self.path = None if path in (None, "-") else Path(path or "")
        if self.path is not None:
            self._check(self.path)
        elif sys.stdout is None:
            raise Unwritable("stdout is closed; give a file with -o")

    @staticmethod
    def _check(path: Path) -> None:
        if path.is_dir():
            raise Unwritable(f"-o: '{path}' is a folder, give a file")
        if not path.parent.is_dir():
            raise Unwritable(f"-o: there is no folder '{path.parent}'")
        if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise Unwritable(f"-o: '{path}' cannot be written")

    def shows(self, text: str) -> bool:
        """Whether the destination can show every character of the text."""
        if self.path is not None:
            return True
        try:
            text.encode(sys.stdout.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True

    def write(self, text: str) -> None:
        """Write the text, ended by one newline.

        Raises Unwritable, and leaves an older file as it was, if that fails;
        click.ClickException if stdout's encoding lacks a character.
        """
        text = text.rstrip("\n") + "\n"
        if self.path is None:
            self._print(text)
        elif self.path.exists() and not self.path.is_file():
            # A device or a pipe, such as /dev/null, is written to and never replaced.
            self.path.write_text(text, encoding="utf-8")
        else:
            self._replace(self.path, text.encode())

    def write_bytes(self, data: bytes) -> None:
        """Write what is no text to the file; raises what `write` raises."""
        assert self.path is not None
        if self.path.exists() and not self.path.is_file():
            self.path.write_bytes(data)
        else:
            self._replace(self.path, data)

    def _print(self, text: str) -> None:
        if not self.shows(text):
            raise click.ClickException(
                f"stdout is in {sys.stdout.encoding}, which cannot show the result; "
                "set PYTHONIOENCODING=utf-8"
            )
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise  # nobody reads on: click ends the process, quietly
        except OSError as error:
            # What is left in the buffer must not raise again when Python flushes it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise Unwritable(f"cannot write to stdout: {error.strerror}") from error

    @staticmethod
    def _replace(path: Path, data: bytes) -> None:
        # Written beside its destination (through a link, if it is one) and then renamed.
        target = path.resolve()
        temporary = None
        try:
            descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            with open(descriptor, "wb") as file:
                file.write(data)
            os.chmod(temporary, _mode(target))
            os.replace(temporary, target)
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            raise Unwritable(f"-o: cannot write '{path}': {error.strerror}") from error


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of a new file."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def first_shown(output: Output, *renderings: Callable[[], str]) -> str:
    """The first rendering that the destination can show, or else the last."""
    for render in renderings[:-1]:
        text = render()
        if output.shows(text):
            return text
    return renderings[-1]()
