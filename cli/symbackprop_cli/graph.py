"""`symbackprop graph`: the computational graph as a picture."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from symbackprop_cli.options import (
    forward_options,
    list_option,
    read_names,
    read_shapes,
    read_sizes,
)
from symbackprop_cli.output import Output

if TYPE_CHECKING:
    from symbackprop.emit.figure.figure import Figure

FORMATS = ("svg", "png", "tex", "dot", "mmd")


@click.command("graph")
@click.argument("what", metavar="NAME|FILE.py:FUNC|EXPR")
@click.option("--backward", is_flag=True, help="Show the message that comes back on each edge.")
@click.option(
    "--level",
    type=click.Choice(["node", "layer"]),
    default="node",
    show_default=True,
    help="A node for each operation, or a box for each definition.",
)
@list_option(
    "--n", "sizes", metavar="SIZES", help="Write every axis out: 3, or n=3,m=2 for several sizes."
)
@list_option(
    "--values",
    metavar="NAME=NUMBER,…",
    help="Numbers in place of formulas: apple=100,tax=1.1, or lists: x=[1,2].",
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="The format, if FILE does not say it."
)
@forward_options
@click.option("-o", "path", metavar="FILE", help="Write to a file, whole or not at all.")
def command(
    what: str,
    backward: bool,
    level: str,
    sizes: str | None,
    values: str | None,
    form: str | None,
    shapes: tuple[str, ...],
    assume: tuple[str, ...],
    no_assume: bool,
    wrt: str | None,
    timeout: float,
    path: str | None,
) -> None:
    """Draw the computational graph of a layer, a NumPy function or an expression.

    \b
    symbackprop graph softmax-ce --n 3 --backward -o softmax-ce.svg
    symbackprop graph apple --backward --values apple=100,apple_count=2,tax=1.1 -o apple.png
    symbackprop graph two-layer --level layer --backward --format dot
    """
    form = form or _format(path)
    if form == "png" and path in (None, "-"):
        raise click.UsageError("a PNG is not text; give a file with -o")
    output = Output(path)

    from symbackprop.algebra.deadline import limited, working_on
    from symbackprop.deriving import derive
    from symbackprop.graph.drawn import draw
    from symbackprop.graph.numbers import parse_values

    given = None if values is None else parse_values(values)
    with limited(timeout):
        # What a user's own function prints while it is traced is a message, not a result.
        with redirect_stdout(sys.stderr):
            derivation = derive(
                what,
                shapes=read_shapes(shapes),
                wrt=read_names(wrt, "--wrt"),
                assume=list(assume),
                no_assume=no_assume,
            )
        with working_on("the graph"):
            figure = draw(
                derivation.backward,
                level=level,
                n=read_sizes(sizes),
                messages=backward,
                values=given,
            )
    result = printed(figure, form)
    if isinstance(result, bytes):
        output.write_bytes(result)
    else:
        output.write(result)


def printed(figure: Figure, form: str) -> str | bytes:
    """The figure in a format."""
    if form == "dot":
        from symbackprop.emit.figure.dot import dot

        return dot(figure)
    if form == "mmd":
        from symbackprop.emit.figure.mermaid import mermaid

        return mermaid(figure)
    from symbackprop.emit.figure.layout import layout

    drawing = layout(figure)
    if form == "tex":
        from symbackprop.emit.figure.tikz import tikz

        return tikz(drawing)
    from symbackprop.emit.figure.svg import svg

    if form == "svg":
        return svg(drawing)
    from symbackprop.emit.figure.png import png

    return png(svg(drawing, background="white"))


def _format(path: str | None) -> str:
    """The format that a file's name asks for."""
    if path in (None, "-"):
        raise click.UsageError("give a file, as in -o graph.svg, or a --format")
    suffix = Path(path or "").suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        raise click.UsageError(
            f"-o: '{path}' ends in none of {', '.join('.' + f for f in FORMATS)}; "
            "give a --format, or another name"
        )
    return suffix
