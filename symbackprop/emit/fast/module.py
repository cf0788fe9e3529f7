"""The fast module: the functions of the readable one, by blocks of rows that fit the cache."""

from __future__ import annotations

from symbackprop.calculus.result import Backward
from symbackprop.emit.fast.passes import FastPasses
from symbackprop.emit.fast.text import HELPERS, WORKSPACE
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.numpy.module import aliases, filled, module_text
from symbackprop.emit.numpy.passes import PUBLIC, Scope
from symbackprop.emit.numpy.plan import plan


def fast_source(backward: Backward, *, version: str) -> str:
    """The text of a module with the functions of `numpy_source`, which take `out` and `workspace`.

    out: arrays for the gradients (those of `forward`: for its outputs), in their order. workspace:
    a `Workspace`, whose memory is used again. `value_and_grad` runs forward and backward in one.

    Raises NotYet for an expression that has no NumPy form.
    """
    shown = lettered_backward(backward)
    planned = plan(shown)
    scope = Scope(shown.program, shown.wrt, (*PUBLIC, "Workspace", "BLOCK_BYTES"))
    passes = FastPasses(shown, planned, scope)
    names = {**passes.names.all, "np": scope.public("np"), "block_bytes": "BLOCK_BYTES"}
    used = [h for h in HELPERS if h in passes.names.used]
    more = [
        filled(WORKSPACE, workspace="Workspace", **names),
        aliases(scope, "Workspace"),
        *(filled(HELPERS[h], **names) for h in used),
        passes.ready,
    ]
    modules = ["functools"] if "ones" in used else []
    return module_text(passes, planned, scope, version, more, modules)
