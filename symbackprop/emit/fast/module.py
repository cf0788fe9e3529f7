"""The fast module: the functions of the readable one, by blocks of rows that fit the cache."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from symbackprop.calculus.result import Backward
from symbackprop.emit.fast.kept import with_less_kept
from symbackprop.emit.fast.passes import FastPasses
from symbackprop.emit.fast.text import HELPERS, SAME, WIDE, WORKSPACE
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.numpy.module import aliases, module_text
from symbackprop.emit.numpy.passes import PUBLIC, Scope
from symbackprop.emit.numpy.plan import Plan, plan
from symbackprop.emit.numpy.scatter import ADDED_AT
from symbackprop.emit.numpy.text import filled

_CONSTANTS = {
    "block_bytes": "BLOCK_BYTES", "short_row": "SHORT_ROW", "many_rows": "MANY_ROWS",
    "long_row": "LONG_ROW", "unshifted": "UNSHIFTED", "few": "FEW",
    "to_divide": "TO_DIVIDE",
}  # fmt: skip


def fast_source(backward: Backward, *, version: str, exact: bool = False) -> str:
    """The text of a module with the functions of `numpy_source`, which take `out` and `workspace`.

    out: arrays for the gradients (those of `forward`: for its outputs), in their order. workspace:
    a `Workspace`, whose memory is used again. `value_and_grad` runs forward and backward in one.

    Raises NotYet for an expression that has no NumPy form.
    """
    shown = lettered_backward(backward)
    planned = with_less_kept(plan(shown, exact=exact), shown.program, again=False)
    scope = fast_scope(shown)
    return fast_text(FastPasses(shown, planned, scope), planned, scope, version)


def fast_scope(shown: Backward) -> Scope:
    """The scope of a module that has a workspace."""
    return Scope(shown.program, shown.wrt, (*PUBLIC, "Workspace", *_CONSTANTS.values()))


def fast_text(
    passes: FastPasses, planned: Plan, scope: Scope, version: str,
    helpers: Mapping[str, str] = MappingProxyType({}),
) -> str:  # fmt: skip
    """The text of a module. helpers: the text of further functions that it may call."""
    scope.helpers_used.pop(ADDED_AT, None)  # in place of which values are added in place
    np = scope.public("np")
    dtypes = {k: v.replace("np.", f"{np}.") for k, v in (WIDE if planned.exact else SAME).items()}
    names = {**passes.names.all, "np": np, **_CONSTANTS, **dtypes}
    known = {**HELPERS, **helpers}
    called = set(passes.names.used)
    todo = list(called)
    while todo:
        text = known.get(todo.pop(), "")
        more = {h for h in known if f"{{{h}}}" in text} - called
        called |= more
        todo += more
    used = [h for h in known if h in called]
    parts = [
        filled(WORKSPACE, workspace="Workspace", **names),
        aliases(scope, "Workspace"),
        *(filled(known[h], **names) for h in used),
        passes.ready,
    ]
    modules = [m for m in ("functools", "math") if any(f"{m}." in known[h] for h in used)]
    return module_text(passes, planned, scope, version, parts, modules)
