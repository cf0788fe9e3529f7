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


def form_option(form: str, text: str) -> Callable[[F], F]:
    """An option that says the format: `form` of the command. Two that differ are an error."""

    def take(context: click.Context, _: click.Parameter, given: bool) -> None:
        before = context.params.setdefault("form", None)
        if given and before not in (None, form):
            raise click.UsageError(
                f"--{before} and --{form} are two formats; write one of them at a time"
            )
        if given:
            context.params["form"] = form

    # With a name of its own: of flags that share one, click takes the last without a word.
    return click.option(
        f"--{form}", f"as_{form}", is_flag=True, expose_value=False, callback=take, help=text
    )


_CODE = (
    form_option("numpy", "A module to import; NumPy only."),
    form_option("c", "The loops of the code as a C file, float and double."),
)

_OPTIONS = (
    form_option("text", "Readable in a terminal (the default)."),
    form_option("latex", "One 'aligned' block to paste."),
    click.option(
        "--standalone", is_flag=True, help="With --latex: a document that pdflatex compiles."
    ),
    form_option("markdown", "For GitHub, Obsidian and Jupyter."),
    form_option("html", "One file for a browser; no network."),
    *_CODE,
    form_option("json", "Everything, for other programs."),
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
