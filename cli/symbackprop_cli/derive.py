"""`symbackprop derive`: the backward pass of a layer, a function or an expression."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

from symbackprop_cli.formats import PAGES, chosen, form_option, format_options, listed
from symbackprop_cli.options import (
    forward_options,
    list_option,
    read_batch,
    read_names,
    read_renames,
    read_shapes,
    read_sizes,
)
from symbackprop_cli.output import Output
from symbackprop_cli.render import Rendering

if TYPE_CHECKING:
    from symbackprop.targets import Exact


@click.command("derive")
@click.argument("what", metavar="NAME|FILE.py:FUNC|EXPR")
@format_options
@click.option(
    "--fast", is_flag=True, help="With --numpy: by blocks of rows that fit the cache."
)
@click.option(
    "--exact", is_flag=True, help="With --numpy or --c: in forms that keep the last digits."
)
@click.option(
    "--extended", is_flag=True, help="With --numpy: as --exact, in np.longdouble (slow)."
)
@click.option("--steps", is_flag=True, help="How each gradient is found, one law at a time.")
@click.option(
    "--route",
    type=click.Choice(["index", "graph", "matrix", "paths"]),
    help="Another way to the same result: subscripts, the graph node by node, differentials, or "
    "all paths to one component, as --wrt 'W[2,1]'.",
)
@list_option(
    "--n", "sizes", metavar="SIZES", help="With --route graph or paths: 3, or n=3,m=2 for several."
)
@click.option(
    "--show-checks", is_flag=True, help="With --steps or --route: how each step was checked."
)
@form_option("cost", "What each step of the result costs.")
@click.option(
    "--notation",
    type=click.Choice(["index", "matrix"]),
    help="How arrays are written: by elements (the default), or whole where that exists.",
)
@forward_options
@list_option("--rename", metavar="OLD=NEW,…", help="Rename arrays to match your notes: a=z,y=o.")
@list_option(
    "--batch",
    metavar="N",
    help="Add a leading batch axis of this size to the data inputs (N=a,t names them), "
    "and take the mean of a scalar loss.",
)
@list_option("--jacobian", metavar="Y,X", help="The Jacobian of Y in X instead of gradients.")
@list_option("--hessian", metavar="X[,Y]", help="The Hessian of a scalar output in X (and Y).")
@list_option("--jvp", metavar="X[,Y…]", help="How outputs change in a direction of these inputs.")
@list_option("--hvp", metavar="X[,Y…]", help="The Hessian in these inputs times a direction.")
def command(
    what: str,
    form: str | None,
    standalone: bool,
    lang: str | None,
    path: str | None,
    fast: bool,
    exact: bool,
    extended: bool,
    steps: bool,
    route: str | None,
    sizes: str | None,
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
) -> None:
    """Derive the backward pass of a layer, a NumPy function or an expression.

    \b
    symbackprop derive softmax-ce --latex
    symbackprop derive mylayer.py:loss --shape a=n --shape t=n --numpy -o loss.py
    symbackprop derive "y = tanh(x); L = sum(y**2)" --shape x=n
    """
    form = chosen(form, path, standalone, lang)
    requests = {"--jacobian": jacobian, "--hessian": hessian, "--jvp": jvp, "--hvp": hvp}
    given = [option for option, text in requests.items() if text is not None]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} are several requests; give one of them")
    if notation and (form not in PAGES or jacobian or hessian):
        raise click.UsageError(f"--notation is for gradients and products, in {listed(PAGES)}")
    if steps and (given or notation or form not in PAGES):
        raise click.UsageError(f"--steps is for gradients, in {listed(PAGES)}, by elements")
    if route and (steps or given or notation or form not in PAGES):
        raise click.UsageError(f"--route is for gradients, in {listed(PAGES)}, without --steps")
    if show_checks and not (steps or route):
        raise click.UsageError("--show-checks belongs to --steps and --route")
    if sizes is not None and route not in ("graph", "paths"):
        raise click.UsageError("--n belongs to --route graph and --route paths")
    if fast and (form != "numpy" or given):
        raise click.UsageError("--fast belongs to --numpy, for gradients")
    if exact and (form not in ("numpy", "c") or given):
        raise click.UsageError("--exact belongs to --numpy and --c, for gradients")
    if extended and (fast or form != "numpy" or given):
        raise click.UsageError("--extended belongs to --numpy, for gradients, without --fast")
    component, wrt = (wrt, None) if route == "paths" else (None, wrt)
    if route == "paths" and component is None:
        raise click.UsageError("--route paths leads to one component; name it: --wrt 'W[2,1]'")
    if given and form == "c":
        raise click.UsageError(f"{given[0]} has no --c; it is for gradients")
    if given and form == "cost":
        raise click.UsageError(f"{given[0]} has no --cost; it is for gradients")
    pair = read_names(jacobian, "--jacobian")
    inputs = read_names(hessian, "--hessian")
    if inputs is not None and len(inputs) > 2:
        raise click.UsageError(f"--hessian takes one input or two, as a or a,t, not {hessian!r}")
    if pair is not None and len(pair) != 2:
        raise click.UsageError(f"--jacobian takes an output and an input, as y,a, not {jacobian!r}")
    moving = {"jvp": read_names(jvp, "--jvp"), "hvp": read_names(hvp, "--hvp")}
    rendering = Rendering(form, Output(path), standalone, lang or "en")

    from symbackprop.algebra.deadline import limited
    from symbackprop.deriving import derive

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
            result = rendering.table(derivation.jacobian(*pair))
        elif inputs:
            result = rendering.table(derivation.hessian(*inputs))
        elif moving["jvp"]:
            result = rendering.result(derivation.jvp(*moving["jvp"]), notation or "index")
        elif moving["hvp"]:
            result = rendering.result(derivation.hvp(*moving["hvp"]), notation or "index")
        elif route:
            numbers = read_sizes(sizes)
            page = derivation.route(route, n=numbers, component=component, checks=show_checks)
            result = rendering.page(page)
        elif steps:
            result = rendering.steps(derivation, show_checks)
        elif form == "c":
            result = derivation.c_source(exact=exact)
        elif fast or exact or extended:
            digits: Exact = "extended" if extended else exact
            result = derivation.numpy_source(fast=fast, exact=digits)
        else:
            result = rendering.result(derivation, notation or "index")
    rendering.output.write(result)
