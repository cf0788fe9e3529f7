"""Every error that symbackprop raises, in one tree under `SymbackpropError`.

A message says what the user wrote, what is wrong and what to write instead, on one line;
`NotYet` is for what is mathematically fine but not built, `Refused` for what never will be.
"""

from __future__ import annotations


class SymbackpropError(Exception):
    """The root of all errors of this library."""


class InputError(SymbackpropError, ValueError):
    """The request is malformed: a name, a shape, an option, an expression text."""


class UnknownNameError(InputError):
    """A catalogue entry, input or definition of that name does not exist."""


class ShapeError(InputError):
    """Shapes do not fit; the message names the operation, both shapes and the line."""


class Refused(SymbackpropError):
    """Text that is not on the whitelist; it was not run and never will be."""


class NotYet(SymbackpropError):
    """A NumPy function or construct that the engine does not support (yet)."""


class DerivationError(SymbackpropError):
    """The forward pass was understood but its derivative could not be derived."""


class ZeroDivisor(DerivationError, ZeroDivisionError):
    """Something is divided by what is always 0, and has no value anywhere."""


class TimedOut(DerivationError):
    """The derivation took longer than it was allowed to; the message says where it was."""


class VerificationError(SymbackpropError):
    """A derived result disagrees with numbers. what: "the Hessian of f"; problem: where."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(
            f"{what} is wrong: {problem}; "
            "this is a bug in symbackprop: please report the forward pass"
        )


class MissingExtra(SymbackpropError):
    """A library that only some requests need is not installed."""

    def __init__(self, extra: str, library: str) -> None:
        super().__init__(
            f'this needs {library}, which is not installed; pip install "symbackprop[{extra}]"'
        )


class MissingCompiler(SymbackpropError):
    """There is no C compiler, or it does not build what was generated."""
