"""`symbackprop check`: whether a claim about a gradient is true."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import click

from symbackprop_cli.formats import VERDICTS, chosen, verdict_options
from symbackprop_cli.options import (
    Dashed,
    forward_options,
    list_option,
    read_batch,
    read_lets,
    read_names,
    read_renames,
    read_shapes,
)
from symbackprop_cli.output import Output
from symbackprop_cli.render import Rendering

CODES = {"proved": 0, "agrees": 0, "false": 1, "inconclusive": 3}


@click.command("check", cls=Dashed)
@click.argument("what", metavar="NAME|FILE.py:FUNC|EXPR")
@click.argument("claim")
@forward_options
@list_option(
    "--jacobian", metavar="Y,X", help="The claim is about the Jacobian of Y in X, not a gradient."
)
@click.option(
    "--notation",
    type=click.Choice(["numpy", "index", "latex"]),
    help="How the claim is written; told from the text by default.",
)
@click.option("--let", "lets", metavar="NAME=EXPR", multiple=True,
              help="A name that the claim uses: 'tau = sum(t)'. Repeat for each.")  # fmt: skip
@list_option("--rename", metavar="OLD=NEW,…", help="Rename arrays to match your notes: a=z,y=o.")
@list_option("--batch", metavar="N", help="Add a leading batch axis, as 'derive' does.")
@click.option("--steps", is_flag=True, help="For a true claim, how it is found, law by law.")
@verdict_options
def command(
    what: str,
    claim: str,
    shapes: tuple[str, ...],
    assume: tuple[str, ...],
    no_assume: bool,
    wrt: str | None,
    timeout: float,
    jacobian: str | None,
    notation: str | None,
    lets: tuple[str, ...],
    rename: str | None,
    batch: str | None,
    steps: bool,
    form: str | None,
    standalone: bool,
    lang: str | None,
    path: str | None,
) -> int:
    """Check a claim about a gradient; a false one gets a counterexample and a reason.

    \b
    symbackprop check softmax-ce --wrt a "y - t"
    symbackprop check softmax-ce "da[k] = y[k] - t[k]"
    symbackprop check softmax "\\frac{\\partial y_j}{\\partial a_k} = y_j (\\delta_{jk} - y_k)"

    A claim is an expression for the gradient that --wrt names, or an equation whose left side says
    what is claimed. It is written as NumPy (x.T @ dz), by elements (y_k - t_k, Σ_j dy[j]·y[j]) or
    as LaTeX, which a backslash, _{ or ^{ tells. A gradient is called da, an upstream one dy.

    The exit code is 0 for a true claim, 1 for a false one, 2 for one that is not understood and 3
    where no verdict was reached.
    """
    names = read_names(wrt, "--wrt")
    if names is not None and len(names) > 1:
        raise click.UsageError(f"--wrt of a claim names one array, not {wrt!r}")
    pair = read_names(jacobian, "--jacobian")
    if pair is not None and len(pair) != 2:
        raise click.UsageError(f"--jacobian takes an output and an input, as y,a, not {jacobian!r}")
    if pair is not None and names is not None:
        raise click.UsageError("--wrt and --jacobian are two requests; give one of them")
    lets_read = read_lets(lets)
    form = chosen(form, path, standalone, lang, VERDICTS)
    rendering = Rendering(form, Output(path), standalone, lang or "en")

    from symbackprop.algebra.deadline import limited
    from symbackprop.deriving import derive

    with limited(timeout):
        # What a user's own function prints while it is traced is a message, not a result.
        with redirect_stdout(sys.stderr):
            derivation = derive(
                what,
                shapes=read_shapes(shapes),
                assume=list(assume),
                no_assume=no_assume,
                rename=read_renames(rename),
                batch=read_batch(batch),
            )
        found = derivation.check(
            claim,
            names[0] if names else None,
            jacobian=(pair[0], pair[1]) if pair else None,
            notation=notation,
            let=lets_read,
        )
        result = rendering.verdict(found, steps=steps)
    rendering.output.write(result)
    return CODES[found.verdict]
