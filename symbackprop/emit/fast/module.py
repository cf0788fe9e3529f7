"""The fast module: the functions of the readable one, by blocks of rows that fit the cache."""

from __future__ import annotations

from symbackprop.calculus.result import Backward
from symbackprop.emit.fast.passes import FastPasses
from symbackprop.emit.fast.text import BLOCKS
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
    blocks = filled(
        BLOCKS, np=scope.public("np"), block_bytes="BLOCK_BYTES", workspace="Workspace",
        **{n: passes.helpers[n] for n in ("rows", "array", "ones", "along_rows")},
    )  # fmt: skip
    more = [blocks, aliases(scope, "Workspace"), passes.ready]
    return module_text(passes, planned, scope, version, more, ["functools"])
