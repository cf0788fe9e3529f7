"""Options that commands share, and the reading of their texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click


class Dashed(click.Command):
    """A command whose last argument may begin with a minus sign, as -t*(1-y) does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {o: p for p in self.get_params(ctx) if isinstance(p, click.Option)
                   for o in (*p.opts, *p.secondary_opts)}  # fmt: skip
        kept: list[str] = []
        dashed: list[str] = []
        queue = list(args)
        while queue:
            arg = queue.pop(0)
            if arg == "--":
                dashed += queue
                break
            if re.match(r"-[^-]", arg) and arg not in options:
                dashed.append(arg)
                continue
            kept.append(arg)
            if arg in options and not options[arg].is_flag and not options[arg].count and queue:
                kept.append(queue.pop(0))
        return super().parse_args(ctx, [*kept, "--", *dashed] if dashed else kept)


F = TypeVar("F", bound=Callable[..., Any])


def list_option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """An option that takes a list: `--wrt a --wrt t` is `--wrt a,t`; None if it is not given."""

    def joined(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> Any:
        return ",".join(texts) if texts else None

    return click.option(*names, multiple=True, callback=joined, **attributes)


_FORWARD = (
    click.option(
        "--shape",
        "shapes",
        metavar="NAME=SIZES",
        multiple=True,
        help="The shape of an input: a=n, W=D,M, x=3,n, or c= for a scalar. Repeat for each.",
    ),
    click.option(
        "--assume",
        metavar="FACT",
        multiple=True,
        help="An equation or sign that the result may use: 'sum(t) == 1', 'eps > 0'.",
    ),
    click.option("--no-assume", is_flag=True, help="Drop the layer's own assumptions."),
    list_option("--wrt", metavar="NAMES", help="The inputs to differentiate: a,t."),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        default=60.0,
        show_default=True,
        help="Stop a derivation that takes longer.",
    ),
)


def forward_options(function: F) -> F:
    """Add the options that describe a forward pass."""
    for option in reversed(_FORWARD):
        function = option(function)
    return function


def read_shapes(texts: tuple[str, ...]) -> dict[str, tuple[str | int, ...]] | None:
    """The shapes in repeated `--shape NAME=SIZES`; None if there are none."""
    from symbackprop.frontend.shapes import parse_shape_option

    shapes: dict[str, tuple[str | int, ...]] = {}
    for text in texts:
        name, shape = parse_shape_option(text)
        if name in shapes:
            raise click.UsageError(f"--shape gives '{name}' twice")
        shapes[name] = shape
    return shapes or None


def read_names(text: str | None, option: str) -> list[str] | None:
    """The names in `a,b`; None without a text."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if not name.isidentifier():
            raise click.UsageError(f"{option} takes names separated by commas, not {text!r}")
        if names.count(name) > 1:
            raise click.UsageError(f"{option} names '{name}' twice")
    return names


def read_batch(text: str | None) -> str | dict[str, list[str]] | None:
    """The batch axis in `N` or `N=a,t`; None without a text."""
    if text is None:
        return None
    size, equals, names = text.partition("=")
    if not size.strip().isidentifier():
        raise click.UsageError(f"--batch takes a size name, as N or N=a,t, not {text!r}")
    if not equals:
        return size.strip()
    return {size.strip(): read_names(names, "--batch") or []}


def read_lets(texts: tuple[str, ...]) -> dict[str, str]:
    """The names in repeated `--let "tau = sum(t)"`."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier() or value.startswith("="):
            raise click.UsageError(f"--let takes name = expression, as tau = sum(t), not {text!r}")
        if name.strip() in found:
            raise click.UsageError(f"--let gives '{name.strip()}' twice")
        found[name.strip()] = value.strip()
    return found


def read_renames(text: str | None) -> dict[str, str] | None:
    """The names in `a=z,y=o`; None without a text."""
    if text is None:
        return None
    from symbackprop.frontend.names import parse_renames

    return dict(parse_renames(text))


def read_sizes(text: str | None) -> int | dict[str, int] | None:
    """`3`, or `n=3,m=2`."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return int(text)
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not (equals and name.isidentifier() and number.isdecimal()):
            raise click.UsageError(f"--n takes a size, as 3, or sizes, as n=3,m=2, not {text!r}")
        if name in found:
            raise click.UsageError(f"--n gives '{name}' twice")
        found[name] = int(number)
    return found
