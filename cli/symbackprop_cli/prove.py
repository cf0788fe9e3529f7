"""`symbackprop prove`: whether two expressions are equal, step by step."""

from __future__ import annotations

import click

from symbackprop_cli.check import CODES
from symbackprop_cli.formats import VERDICTS, chosen, verdict_options
from symbackprop_cli.options import Dashed, read_shapes
from symbackprop_cli.output import Output
from symbackprop_cli.render import Rendering


@click.command("prove", cls=Dashed)
@click.argument("statement", metavar="'LEFT == RIGHT'")
@click.option(
    "--shape",
    "shapes",
    metavar="NAME=SIZES",
    multiple=True,
    help="The shape of an array: z=n, W=D,M, z=2, or c= for a scalar. Repeat for each.",
)
@click.option("--assume", metavar="FACT", multiple=True,
              help="An equation or sign that may be used: 'sum(t) == 1', 'x > 0'.")  # fmt: skip
@click.option("--show-checks", is_flag=True, help="How each step was checked.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=60.0,
    show_default=True,
    help="Stop a search that takes longer.",
)
@verdict_options
def command(
    statement: str,
    shapes: tuple[str, ...],
    assume: tuple[str, ...],
    show_checks: bool,
    timeout: float,
    form: str | None,
    standalone: bool,
    lang: str | None,
    path: str | None,
) -> int:
    """Prove that two expressions are equal, step by step, or refute it.

    \b
    symbackprop prove "softmax(z + c) == softmax(z)" --shape z=n --shape c=
    symbackprop prove "sum(softmax(z)) == 1" --shape z=n
    symbackprop prove "softmax(z)[0] == sigmoid(z[0] - z[1])" --shape z=2

    Each step is a law or a definition and is checked on its own. In the steps subscripts count
    from 1.

    The exit code is 0 for a true equation, 1 for a false one, 2 for one that is not understood
    and 3 where no verdict was reached.
    """
    form = chosen(form, path, standalone, lang, VERDICTS)
    rendering = Rendering(form, Output(path), standalone, lang or "en")

    from symbackprop.claims.prove.prove import prove

    found = prove(
        statement, shapes=read_shapes(shapes) or {}, assume=list(assume), timeout=timeout
    )
    result = rendering.verdict(found, checks=show_checks)
    rendering.output.write(result)
    return CODES[found.verdict]
