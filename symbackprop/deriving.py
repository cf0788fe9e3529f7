"""The front door: from a request to its derivation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from symbackprop import request
from symbackprop.algebra.deadline import limited, working_on
from symbackprop.calculus.reverse import worked
from symbackprop.derivation import Derivation
from symbackprop.emit.lettering import lettered_backward
from symbackprop.errors import VerificationError
from symbackprop.verify.selfcheck import contradiction


def derive(
    what: request.What,
    *,
    shapes: Mapping[str, Any] | None = None,
    wrt: Sequence[str] | None = None,
    assume: Sequence[str] | None = None,
    no_assume: bool = False,
    rename: Mapping[str, str] | None = None,
    batch: request.Batch | None = None,
    timeout: float | None = None,
) -> Derivation:
    """Derive the backward pass of a forward pass.

    what: a layer's name ("softmax-ce"), a NumPy function, "file.py:function", or an expression
        ("y = softmax(a); L = -sum(t*log(y))").
    shapes: a shape for each input, {"a": ("n",), "W": ("D", "M"), "eps": ()}; a layer has its
        own, and a function may carry them as annotations.
    wrt: the inputs to differentiate; a layer's own choice, or all of them, if not given.
    assume: equations and signs that the result may use, ["sum(t) == 1", "eps > 0"].
    no_assume: drop the equations that a layer declares itself.
    rename: new names for arrays, {"a": "z", "y": "o"}.
    batch: a leading axis of this size for the inputs that hold one sample each, "N", or
        {"N": ["a", "t"]} to name them; a scalar output becomes its mean over the batch.
    timeout: seconds after which the derivation is stopped; None for no limit.

    Raises UnknownNameError, ShapeError and other InputErrors for a malformed request, Refused for
    text that is not on the whitelist, NotYet for what is not supported, DerivationError where the
    derivation fails, TimedOut where it takes too long, and VerificationError where what was
    derived disagrees with numbers (a bug, which is better met here); all are SymbackpropErrors.
    """
    with limited(timeout):
        derivation = unchecked(
            what, shapes=shapes, wrt=wrt, assume=assume, no_assume=no_assume, rename=rename,
            batch=batch,
        )  # fmt: skip
        with working_on("the check against numbers"):
            problem = contradiction(derivation.source, derivation.shown)
    if problem:
        raise VerificationError(f"what was derived for {derivation.name}", problem)
    return derivation


def unchecked(what: request.What, *, timeout: float | None = None, **asked: Any) -> Derivation:
    """What `derive` returns, before it is held against numbers; for `verify`, which does more."""
    asked["assume"] = tuple(asked.get("assume") or ())
    read = partial(request.read, what, **asked)
    with limited(timeout):
        given = read()
        found = worked(given.program, given.wrt)
        shown = lettered_backward(found.backward)
    return Derivation(shown, found, given.program, given.function, given.examples, read)
