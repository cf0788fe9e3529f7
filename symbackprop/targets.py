"""The forms of generated code, and the module of each in memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from symbackprop import __version__
from symbackprop.algebra.deadline import working_on
from symbackprop.calculus.result import Backward
from symbackprop.errors import InputError, MissingCompiler, MissingExtra, NotYet, VerificationError

if TYPE_CHECKING:
    from symbackprop.emit.c import CSource

NUMPY, NUMPY_FAST, C, AUTO = "numpy", "numpy-fast", "c", "auto"
TARGETS = (NUMPY, NUMPY_FAST, C, AUTO)
EXTENDED = "extended"
Exact = bool | Literal["extended"]
"""Forms that keep the last digits; and those in np.longdouble."""
_FEW_ROWS = (
    {"BLOCK_BYTES": 40, "UNSHIFTED": 0}, {"MANY_ROWS": 0, "FEW": 0, "TO_DIVIDE": 0},
    {"LONG_ROW": 2},
)  # fmt: skip
"""What has a module work on a few small rows as on others.

In several blocks, with the largest of each taken away before exp; side by side; or as long ones.
"""
_told: set[str] = set()
_agreed: set[tuple[Backward, str, Exact]] = set()
"""What was run, so that the same code is not run again; forgotten when it is too much."""
_MANY = 1000


def numpy_text(backward: Backward, fast: bool, exact: Exact = False) -> str:
    """The readable module, or the fast one; exact: in forms that keep the last digits.

    exact: "extended" for these forms in np.longdouble, rounded once.

    Raises InputError for an `exact` that there is not, NotYet for what has no NumPy form, and
    VerificationError where it computes something else (a bug, which is better met here).
    """
    _check_form(NUMPY_FAST if fast else NUMPY, exact)
    text = _numpy_text(backward, fast, exact)
    from symbackprop.emit.numpy import compile_source

    _check(backward, NUMPY_FAST if fast else NUMPY, exact, lambda: compile_source(text))
    return text


def _numpy_text(backward: Backward, fast: bool, exact: Exact) -> str:
    with working_on("the NumPy code of the result"):
        if fast:
            from symbackprop.emit.fast import fast_source

            return fast_source(backward, version=__version__, exact=bool(exact))
        from symbackprop.emit.numpy import numpy_source

        extended = exact == EXTENDED
        return numpy_source(backward, version=__version__, exact=bool(exact), extended=extended)


def c_text(backward: Backward, exact: bool = False) -> str:
    """The C file.

    Raises NotYet where no part of the layer is a loop in C, and what `numpy_text` does: the forms
    are the same.
    """
    found = _c_source(backward, exact)
    if not found.functions:
        name = backward.program.name
        reason = f" ({found.numpy[0]})" if found.numpy else ", only functions of whole arrays"
        raise NotYet(f"{name} has no loop to write in C{reason}; --numpy --fast has all of it")
    numpy_text(backward, False, exact)  # which is run; to build C takes a compiler
    return found.text


def compiled(backward: Backward, target: str, exact: Exact = False) -> ModuleType:
    """The module of a target, in memory.

    Raises InputError for a target or a form that is not known, MissingCompiler for C that cannot
    be built, MissingExtra where the cache folder is not known, NotYet for what has no NumPy form,
    and VerificationError where the module computes something else than the formulas.
    """
    (module,) = _modules(backward, target, exact, to_check=False)
    _check(backward, target, exact, lambda: module)
    return module


def modules_to_check(backward: Backward, target: str, exact: Exact = False) -> list[ModuleType]:
    """The module of a target as it works on many rows, for checks of a few: in tiny blocks.

    Others where short or long rows may have code of their own: they have all rows in one block,
    and take them for many, or for long. Raises what `compiled` does.
    """
    found = _modules(backward, target, exact, to_check=True)
    for module, constants in zip(found, _FEW_ROWS, strict=False):
        vars(module).update({n: v for n, v in constants.items() if hasattr(module, n)})
    return found


def _modules(
    backward: Backward, target: str, exact: Exact, *, to_check: bool
) -> list[ModuleType]:
    """The module of a target; to_check: and those in which short rows are many, or long."""
    if target not in TARGETS:
        raise InputError(f"the target {target!r} is not known; write one of {', '.join(TARGETS)}")
    _check_form(target, exact)
    if target in (C, AUTO):
        from symbackprop.building import loaded, loaded_for_checks

        try:
            source = _c_source(backward, bool(exact))
            return loaded_for_checks(source) if to_check else [loaded(source)]
        except (MissingCompiler, MissingExtra) as problem:
            if target == C:
                raise
            _tell(f"fast NumPy in place of C: {problem}")
    from symbackprop.emit.numpy import compile_source

    text = _numpy_text(backward, target != NUMPY, exact)
    known = [s for s in _FEW_ROWS if any(name in text for name in s)]
    several = max(2, len(known)) if to_check and target != NUMPY else 1
    return [compile_source(text) for _ in range(several)]


def _check(
    backward: Backward, target: str, exact: Exact, module: Callable[[], ModuleType]
) -> None:
    """Have the code of a target agree with the formulas, where it was not run before."""
    key = (backward, target, exact)
    if key in _agreed:
        return
    from symbackprop.verify.selfcheck import miscomputed

    with working_on("the check of the code"):
        problem = miscomputed(backward, module())
    if problem:
        raise VerificationError(f"the code for {backward.program.name}", problem)
    if len(_agreed) >= _MANY:
        _agreed.clear()
    _agreed.add(key)


def _c_source(backward: Backward, exact: bool) -> CSource:
    with working_on("the C code of the result"):
        from symbackprop.emit.c import c_source

        return c_source(backward, version=__version__, exact=exact)


def _check_form(target: str, exact: Exact) -> None:
    """Raise InputError where a target has no such form."""
    if exact in (False, True):
        return
    if exact != EXTENDED:
        raise InputError(f"exact is {exact!r}; write True, False or {EXTENDED!r}")
    if target != NUMPY:
        raise InputError(f"exact={EXTENDED!r} is for the target {NUMPY!r}, not {target!r}")
    from numpy import finfo, longdouble

    if finfo(longdouble).nmant <= finfo(float).nmant:
        raise InputError("np.longdouble has no more digits than float64 on this machine; "
                         "exact=True has these forms in float64")  # fmt: skip


def _tell(text: str) -> None:
    """Warn, once in a process."""
    if text not in _told:
        _told.add(text)
        warnings.warn(text, RuntimeWarning, stacklevel=5)
