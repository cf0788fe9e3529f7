"""The generated module: forward, backward and value_and_grad as readable NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer

from symbackprop.calculus.result import Backward
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.numpy.checks import POSITIONS, is_plain
from symbackprop.emit.numpy.extended import GUARD
from symbackprop.emit.numpy.helpers import HELPERS
from symbackprop.emit.numpy.passes import Passes, Scope
from symbackprop.emit.numpy.plan import Plan, plan
from symbackprop.emit.numpy.statements import shape_text
from symbackprop.emit.numpy.summary import summary
from symbackprop.emit.numpy.text import PREPARE, ROUNDED, UPSTREAM, docstring, filled


def numpy_source(
    backward: Backward, *, version: str, exact: bool = False, extended: bool = False
) -> str:
    """The text of a module that needs NumPy only.

    It has `forward(*inputs) -> (out, saved)`, `backward(saved, dout) -> Grads` and, for a scalar
    output, `value_and_grad(*inputs) -> (out, grads)`. Several outputs are a tuple, and backward
    takes `dout0`, `dout1`, … version: of the generator, for the docstring. exact: with forms that
    keep the last digits. extended: and all of it in np.longdouble, rounded once.

    Raises NotYet for an expression that has no NumPy form.
    """
    shown = lettered_backward(backward)
    planned = plan(shown, exact=exact)
    scope = Scope(shown.program, shown.wrt, extended=extended)
    return module_text(Passes(shown, planned, scope), planned, scope, version)


def module_text(
    passes: Passes, planned: Plan, scope: Scope, version: str, more: Sequence[list[str]] = (),
    modules: Sequence[str] = (),
) -> str:  # fmt: skip
    """The module with these functions; more: blocks of lines that they need, and modules."""
    np, shown = scope.public("np"), passes.shown
    needed = {*modules, *(["math"] if needs_math(scope) else [])}
    imports = [f"import {m}" for m in sorted(needed)]
    imports += ["from typing import NamedTuple", "", f"import numpy as {np}", ""]
    blocks = [
        [*imports, *(filled(GUARD, np=np) if scope.extended else []), *shapes_table(scope)],
        passes.saved_class(),
        _grads_class(scope),
        aliases(scope, "Saved", "Grads"),
        *more,
        prepare_function(scope, exact=planned.exact),
        filled(ROUNDED, rounded=scope.rounded, np=np, kind=_kind(scope)) if planned.exact else [],
        filled(UPSTREAM, upstream=scope.upstream, np=np),
        *positions_function(scope),
        *scope.helper_blocks(),
        passes.forward_lines,
        passes.backward_lines,
    ]
    if passes.scalar:
        blocks += [aliases(scope, "forward", "backward"), passes.value_and_grad_lines()]
    head = "\n".join(docstring(summary(shown, planned, version), 0))
    return head + "\n\n" + "\n\n\n".join("\n".join(b) for b in blocks if b) + "\n"


def needs_math(scope: Scope) -> bool:
    """Whether a helper function uses Python's math module."""
    return any("math." in HELPERS[h] for h in scope.helpers_used)


def aliases(scope: Scope, *names: str) -> list[str]:
    """Other names for what an input's name hides in the functions."""
    return [f"{scope.aliases[n]} = {n}" for n in names if n in scope.aliases]


def _kind(scope: Scope) -> str:
    return "np.longdouble" if scope.extended else "float64"


def prepare_function(scope: Scope, *, exact: bool = False) -> list[str]:
    """The function that checks shapes and gives all inputs but labels one dtype.

    exact: that is float64 at least, or np.longdouble; then it returns the dtype of the results
    too.
    """
    fits = "n == (sizes.setdefault(size, n) if isinstance(size, str) else size)"
    computed = any(not is_plain(s) for a in scope.inputs for s in a.shape)
    names = [repr(scope.inputs[a]) for a in scope.labels]
    kept = f"x if name in ({', '.join(names)},) else " if names else ""
    each = "name, x in arrays.items()" if names else "x in arrays.values()"
    np, dtype = scope.public("np"), "wide" if exact else "dtype"
    returned = f"return [{kept}x.astype({dtype}, copy=False) for {each}]"
    if exact:
        least = f"{np}.longdouble" if scope.extended else "float"
        returned = f"wide = {np}.result_type(dtype, {least})\n    {returned} + [dtype]"
    return filled(
        PREPARE, prepare=scope.prepare, np=np, shapes=scope.shapes, returned=returned,
        fits=f"(size is None or {fits})" if computed else fits,
    )  # fmt: skip


def positions_function(scope: Scope) -> list[list[str]]:
    """The function that checks labels, where there are any."""
    return [filled(POSITIONS, positions=scope.positions)] if scope.labels else []


def shapes_table(scope: Scope) -> list[str]:
    """The table of input shapes that `prepare` checks."""
    entries = [f'    "{name}": {_literal(a.shape)},' for a, name in scope.inputs.items()]
    return [f"{scope.shapes} = {{", *entries, "}"]


def _literal(shape: Sequence[Expr]) -> str:
    parts = [str(int(s)) if isinstance(s, Integer) else f'"{s}"' if is_plain(s) else "None"
             for s in shape]
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def _grads_class(scope: Scope) -> list[str]:
    np = scope.public("np")
    lines = ["class Grads(NamedTuple):"]
    lines += docstring(["The gradients, each with the shape of its input."], 4)
    lines.append("")
    lines += [
        f"    {name}: {np}.ndarray  # {shape_text(a.shape)}" for a, name in scope.grads.items()
    ]
    return lines
