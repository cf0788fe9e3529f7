"""The `symbackprop` command: finds the subcommand, and turns errors into one line and a code.

Exit codes: 0 done, 1 a derivation or verification failed or a claim is false, 2 the request was
malformed, 3 a claim could not be decided.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from symbackprop import __version__
from symbackprop.errors import InputError, Refused, SymbackpropError

# The help of every command stands here, so that `--help` imports none of them.
COMMANDS = {
    "check": "Check a claim about a gradient; a false one gets a counterexample and a reason.",
    "derive": "Derive the backward pass of a layer, a NumPy function or an expression.",
    "graph": "Draw the computational graph of a layer, a NumPy function or an expression.",
    "list": "List the layers of the catalogue.",
    "prove": "Prove that two expressions are equal, step by step, or refute it.",
    "verify": "Check derived gradients and generated code against numbers.",
}


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"symbackprop_cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="'symbackprop COMMAND --help' explains a command.",
)
@click.version_option(__version__, prog_name="symbackprop")
def cli() -> None:
    """Derive the backward pass of a layer: as text, as LaTeX, as NumPy code."""


def one_line(message: str) -> str:
    """A message on one line, without characters that could steer a terminal."""
    joined = " ".join(message.split())
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in joined)


def run(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code. Errors become one line on stderr."""
    try:
        # Without standalone mode click returns what the command returns, or an exit code.
        code = cli.main(arguments, prog_name="symbackprop", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return fail(error.format_message(), error.exit_code)
    except (InputError, Refused) as error:
        return fail(str(error), 2)
    except SymbackpropError as error:
        return fail(str(error), 1)
    except (KeyboardInterrupt, click.Abort):
        return 130
    return code if isinstance(code, int) else 0


def fail(message: str, code: int) -> int:
    """Say what went wrong, on one line; returns the exit code."""
    click.echo(f"symbackprop: {one_line(message)}", err=True)
    return code


def main() -> None:
    """The console script."""
    # A short process that imports much: collecting garbage on the way is a tenth of its time.
    gc.set_threshold(100_000)
    sys.exit(run())
