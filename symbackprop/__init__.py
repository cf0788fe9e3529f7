"""Derive the backward pass of a layer: as a proof to read, LaTeX to paste, NumPy to import.

    import symbackprop as sb
    sb.derive("softmax-ce").latex()

Names are imported on first use, so that `import symbackprop.layer` needs neither SymPy nor NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbackprop.errors import (
    DerivationError,
    InputError,
    NotYet,
    Refused,
    ShapeError,
    SymbackpropError,
    TimedOut,
    UnknownNameError,
    VerificationError,
)

if TYPE_CHECKING:
    from symbackprop.claims.prove.prove import prove
    from symbackprop.derivation import Derivation
    from symbackprop.deriving import derive
    from symbackprop.layer import Example, Layer

__version__ = "0.1.0"

__all__ = [
    "Derivation",
    "DerivationError",
    "Example",
    "InputError",
    "Layer",
    "NotYet",
    "Refused",
    "ShapeError",
    "SymbackpropError",
    "TimedOut",
    "UnknownNameError",
    "VerificationError",
    "derive",
    "prove",
]

_HOME = {
    "derive": "symbackprop.deriving",
    "prove": "symbackprop.claims.prove.prove",
    "Derivation": "symbackprop.derivation",
    "Layer": "symbackprop.layer",
    "Example": "symbackprop.layer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symbackprop' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
