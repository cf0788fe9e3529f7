"""The formats that results are written in, and which of them is meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import PurePath
from typing import Any, TypeVar

import click

from symbackprop.emit.translations import LANGUAGES

F = TypeVar("F", bound=Callable[..., Any])

# What a file's suffix says that it holds; into .txt goes any format that is asked for.
SUFFIXES = {
    ".tex": "latex", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
    ".py": "numpy", ".json": "json", ".c": "c",
}  # fmt: skip
# Results of another program that works on what we write.
_MADE_OF = {
    ".pdf": "write LaTeX with --latex --standalone -o FILE.tex and compile it with pdflatex",
    ".ipynb": "write Markdown with -o FILE.md and paste it into a notebook",
}
PAGES = ("text", "latex", "markdown", "html")
VERDICTS = (*PAGES, "json")

_NUMPY = click.option(
    "--numpy", "form", flag_value="numpy", help="A module to import; NumPy only."
)
_C = click.option(
    "--c", "form", flag_value="c", help="The loops of the code as a C file, float and double."
)
_CODE = (_NUMPY, _C)

_OPTIONS = (
    click.option("--text", "form", flag_value="text", help="Readable in a terminal (the default)."),
    click.option("--latex", "form", flag_value="latex", help="One 'aligned' block to paste."),
    click.option(
        "--standalone", is_flag=True, help="With --latex: a document that pdflatex compiles."
    ),
    click.option(
        "--markdown", "form", flag_value="markdown", help="For GitHub, Obsidian and Jupyter."
    ),
    click.option("--html", "form", flag_value="html", help="One file for a browser; no network."),
    *_CODE,
    click.option("--json", "form", flag_value="json", help="Everything, for other programs."),
    click.option(
        "--lang", type=click.Choice(LANGUAGES), help="The language of the words: en, zh or es."
    ),
    click.option(
        "-o",
        "path",
        metavar="FILE",
        help="Write to a file, whole or not at all; .tex, .md, .html, .py, .c and .json "
        "pick the format.",
    ),
)


def format_options(function: F) -> F:
    """Add the options that say what a result is written as and where."""
    return _with(_OPTIONS, function)


def verdict_options(function: F) -> F:
    """Add the options that say what a verdict is written as and where."""
    return _with((o for o in _OPTIONS if o not in _CODE), function)


def _with(options: Iterable[Callable[[F], F]], function: F) -> F:
    for option in reversed(tuple(options)):
        function = option(function)
    return function


def chosen(
    form: str | None, path: str | None, standalone: bool, lang: str | None,
    forms: Collection[str] | None = None,
) -> str:  # fmt: skip
    """The format that is meant by an option or by the file's suffix; one of `forms` if given.

    Raises click.UsageError where the two disagree, or where an option is for other formats.
    """
    suffix = PurePath(path or "").suffix.lower()
    if suffix in _MADE_OF:
        raise click.UsageError(f"-o {path}: no {suffix} is written; {_MADE_OF[suffix]}")
    told = SUFFIXES.get(suffix)
    if form and told and told != form:
        raise click.UsageError(
            f"--{form} does not go into a {suffix} file, which holds {told}; "
            f"leave out --{form} or name the file otherwise"
        )
    form = form or told or "text"
    if forms is not None and form not in forms:
        raise click.UsageError(f"-o {path}: a {suffix} file holds {form}, which a verdict is not")
    if standalone and form != "latex":
        raise click.UsageError("--standalone belongs to --latex")
    if lang and form not in PAGES:
        raise click.UsageError(f"--lang is for {listed(PAGES)}; --{form} has no sentences")
    return form


def listed(forms: tuple[str, ...]) -> str:
    """--text, --latex and --html."""
    *others, last = (f"--{form}" for form in forms)
    return f"{', '.join(others)} and {last}"
