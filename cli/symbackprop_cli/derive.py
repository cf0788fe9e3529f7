"""`symbackprop derive`: the backward pass of a layer, a function or an expression."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING

import click

from symbackprop_cli.options import (
    forward_options,
    read_batch,
    read_names,
    read_renames,
    read_shapes,
)
from symbackprop_cli.output import Output, first_shown

if TYPE_CHECKING:
    from symbackprop.derivation import Derivation
    from symbackprop.derived import Jacobian
    from symbackprop.products import Product


@click.command("derive")
@click.argument("what", metavar="NAME|FILE.py:FUNC|EXPR")
@click.option("--text", "form", flag_value="text", help="Readable in a terminal (the default).")
@click.option("--latex", "form", flag_value="latex", help="One 'aligned' block to paste.")
@click.option("--numpy", "form", flag_value="numpy", help="A module to import; NumPy only.")
@click.option("--json", "form", flag_value="json", help="Everything, for other programs.")
@click.option("--steps", is_flag=True, help="How each gradient is found, one law at a time.")
@click.option("--show-checks", is_flag=True, help="With --steps: how each step was checked.")
@click.option("--cost", "form", flag_value="cost", help="What each step of the result costs.")
@click.option(
    "--notation",
    type=click.Choice(["index", "matrix"]),
    help="How --latex writes arrays: by elements (the default), or whole where that exists.",
)
@forward_options
@click.option("--rename", metavar="OLD=NEW,…", help="Rename arrays to match your notes: a=z,y=o.")
@click.option(
    "--batch",
    metavar="N",
    help="Add a leading batch axis of this size to the data inputs (N=a,t names them), "
    "and take the mean of a scalar loss.",
)
@click.option("--jacobian", metavar="Y,X", help="The Jacobian of Y in X instead of gradients.")
@click.option("--hessian", metavar="X[,Y]", help="The Hessian of a scalar output in X (and Y).")
@click.option("--jvp", metavar="X[,Y…]", help="How outputs change in a direction of these inputs.")
@click.option("--hvp", metavar="X[,Y…]", help="The Hessian in these inputs times a direction.")
@click.option("-o", "path", metavar="FILE", help="Write to a file, whole or not at all.")
def command(
    what: str,
    form: str | None,
    steps: bool,
    show_checks: bool,
    notation: str | None,
    shapes: tuple[str, ...],
    assume: tuple[str, ...],
    no_assume: bool,
    wrt: str | None,
    timeout: float,
    rename: str | None,
    batch: str | None,
    jacobian: str | None,
    hessian: str | None,
    jvp: str | None,
    hvp: str | None,
    path: str | None,
) -> None:
    """Derive the backward pass of a layer, a NumPy function or an expression.

    \b
    symbackprop derive softmax-ce --latex
    symbackprop derive mylayer.py:loss --shape a=n --shape t=n --numpy -o loss.py
    symbackprop derive "y = tanh(x); L = sum(y**2)" --shape x=n
    """
    form = form or "text"
    requests = {"--jacobian": jacobian, "--hessian": hessian, "--jvp": jvp, "--hvp": hvp}
    given = [option for option, text in requests.items() if text is not None]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} are several requests; give one of them")
    if notation and (form not in ("text", "latex") or jacobian or hessian):
        raise click.UsageError("--notation is for gradients and products, in --text or --latex")
    if steps and (given or notation or form not in ("text", "latex")):
        raise click.UsageError("--steps is for gradients, in --text or --latex")
    if show_checks and not steps:
        raise click.UsageError("--show-checks belongs to --steps")
    if given and form == "cost":
        raise click.UsageError(f"{given[0]} has no --cost; it is for gradients")
    pair = read_names(jacobian, "--jacobian")
    inputs = read_names(hessian, "--hessian")
    if inputs is not None and len(inputs) > 2:
        raise click.UsageError(f"--hessian takes one input or two, as a or a,t, not {hessian!r}")
    if pair is not None and len(pair) != 2:
        raise click.UsageError(f"--jacobian takes an output and an input, as y,a, not {jacobian!r}")
    moving = {"jvp": read_names(jvp, "--jvp"), "hvp": read_names(hvp, "--hvp")}
    output = Output(path)

    from symbackprop.algebra.deadline import limited
    from symbackprop.derivation import derive

    with limited(timeout):
        # What a user's own function prints while it is traced is a message, not a result.
        with redirect_stdout(sys.stderr):
            derivation = derive(
                what,
                shapes=read_shapes(shapes),
                wrt=read_names(wrt, "--wrt"),
                assume=list(assume),
                no_assume=no_assume,
                rename=read_renames(rename),
                batch=read_batch(batch),
            )
        if pair:
            result = _table(derivation.jacobian(*pair), form, output)
        elif inputs:
            result = _table(derivation.hessian(*inputs), form, output)
        elif moving["jvp"]:
            result = _shown(derivation.jvp(*moving["jvp"]), form, notation or "index", output)
        elif moving["hvp"]:
            result = _shown(derivation.hvp(*moving["hvp"]), form, notation or "index", output)
        elif steps:
            result = _steps(derivation, form, show_checks, output)
        else:
            result = _shown(derivation, form, notation or "index", output)
    output.write(result)


def _steps(derivation: Derivation, form: str, checks: bool, output: Output) -> str:
    """Each gradient as a chain of equalities."""
    if form == "latex":
        return derivation.steps_latex(checks=checks)
    show = partial(derivation.steps_text, checks=checks)
    return first_shown(output, show, partial(show, unicode=False))


def _shown(derived: Derivation | Product, form: str, notation: str, output: Output) -> str:
    """Gradients, or a product with a direction."""
    if form == "latex":
        return derived.latex(notation=notation)
    if form == "numpy":
        return derived.numpy_source()
    if form == "json":
        return derived.json()
    if form == "cost":
        from symbackprop.derivation import Derivation
        from symbackprop.emit.text_cost import text_cost

        assert isinstance(derived, Derivation)
        return text_cost(derived.shown.program.name, derived.cost())
    show = partial(derived.text, notation=notation)
    return first_shown(output, show, partial(show, unicode=False))


def _table(jacobian: Jacobian, form: str, output: Output) -> str:
    """A Jacobian or a Hessian."""
    if form == "latex":
        return jacobian.latex()
    if form == "numpy":
        return jacobian.numpy_source()
    if form == "json":
        return jacobian.json()
    return first_shown(output, jacobian.text, lambda: jacobian.text(unicode=False))
