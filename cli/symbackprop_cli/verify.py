"""`symbackprop verify`: derived gradients and generated code against numbers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from symbackprop.errors import DerivationError, NotYet, SymbackpropError
from symbackprop_cli.options import forward_options, read_names, read_shapes
from symbackprop_cli.output import Output

if TYPE_CHECKING:
    from symbackprop.derivation import Derivation
    from symbackprop.products import Product
    from symbackprop.targets import Exact
    from symbackprop.verify.report import Report


@click.command("verify")
@click.argument("what", metavar="[NAME|FILE.py:FUNC|EXPR]…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every layer, law and rule.")
@forward_options
@click.option(
    "--target",
    type=click.Choice(["numpy", "numpy-fast", "c"]),
    help="The generated code that is checked: the readable (the default), the fast, or C.",
)
@click.option("--exact", is_flag=True, help="The code in forms that keep the last digits.")
@click.option("--extended", is_flag=True, help="As --exact, in np.longdouble; readable code only.")
@click.option("-o", "path", metavar="FILE", help="Write to a file, whole or not at all.")
def command(
    what: tuple[str, ...],
    everything: bool,
    shapes: tuple[str, ...],
    assume: tuple[str, ...],
    no_assume: bool,
    wrt: str | None,
    timeout: float,
    target: str | None,
    exact: bool,
    extended: bool,
    path: str | None,
) -> int:
    """Check derived gradients and generated code against numbers.

    For each input: finite differences and complex step of the forward pass, and the formula and
    the code against 30 digits, at small unequal sizes, ordinary and extreme points. --all also
    checks each law of the engine, and each rule of the NumPy emitter, on a forward pass of its own.
    The exit code is 1 if one fails.
    """
    if bool(what) == everything:
        raise click.UsageError("name what to verify, or give --all")
    if everything and (shapes or assume or wrt):
        raise click.UsageError("--shape, --assume and --wrt do not go with --all")
    if extended and target not in (None, "numpy"):
        raise click.UsageError("--extended is for the target numpy")
    output = Output(path)
    from symbackprop import catalogue
    from symbackprop.deriving import unchecked
    from symbackprop.verify.lowering_probes import LOWERING_PROBES
    from symbackprop.verify.probes import PROBES
    from symbackprop.verify.report import table

    given = partial(
        unchecked,
        shapes=read_shapes(shapes),
        wrt=read_names(wrt, "--wrt"),
        assume=list(assume),
        no_assume=no_assume,
        timeout=timeout,
    )
    names = catalogue.names() if everything else what
    jobs: dict[str, Callable[[], Derivation | Product]]
    jobs = {name: partial(given, name) for name in names}
    probes = {f"law {name}": p for name, p in PROBES.items()}
    probes |= {f"lowering {name}": p for name, p in LOWERING_PROBES.items()}
    for name, p in probes.items() if everything else ():
        probe = partial(unchecked, p.text, shapes=p.shapes, assume=p.assume, wrt=p.wrt)
        jobs[name] = partial(_jvp, probe) if p.directional else probe
    reports: list[Report] = []
    failures: list[str] = []
    # What a user's own function prints is a message, not a result.
    with Progress(len(jobs)) as progress, redirect_stdout(sys.stderr):
        for name, job in jobs.items():
            progress.show(name)
            try:
                form: Exact = exact or (name in probes and probes[name].exact)
                form = "extended" if extended else form
                report = _checked(job(), target, form)
            except (DerivationError, NotYet) as error:
                # One layer that cannot be derived does not hide the verdicts on the others.
                failures.append(f"{name}: {error}")
                continue
            reports.append(replace(report, name=name) if name in probes else report)
    if reports:
        output.write(table(reports))
    if failures:
        raise SymbackpropError("; ".join(failures))
    return 0 if all(report.ok for report in reports) else 1


def _checked(derived: Derivation | Product, target: str | None, exact: Exact) -> Report:
    """The report; a product with a direction has one form of code only."""
    from symbackprop.products import Product

    if isinstance(derived, Product):
        return derived.verify()
    return derived.verify(target or "numpy", exact=exact)


def _jvp(derivation: Callable[[], Derivation]) -> Product:
    """The Jacobian-vector product of what is derived."""
    return derivation().jvp()


class Progress:
    """A bar on stderr, if that is a terminal and the work takes longer than a second."""

    DELAY = 1.0
    WIDTH = 24

    def __init__(self, total: int) -> None:
        self.total, self.done = total, -1
        self.started = time.monotonic()
        self.visible = False

    def __enter__(self) -> Progress:
        return self

    def show(self, name: str) -> None:
        """The work on `name` begins; all before it is done."""
        self.done += 1
        if sys.stderr.isatty() and time.monotonic() - self.started > self.DELAY:
            filled = self.WIDTH * self.done // self.total
            bar = "#" * filled + "-" * (self.WIDTH - filled)
            click.echo(f"\r\033[K[{bar}] {self.done}/{self.total} {name}", err=True, nl=False)
            self.visible = True

    def __exit__(self, *_: object) -> None:
        if self.visible:
            click.echo("\r\033[K", err=True, nl=False)
