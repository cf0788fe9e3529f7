"""A C file with the loops of a module, and the Python module that calls them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbackprop.calculus.result import Backward
from symbackprop.emit.c.functions import Call
from symbackprop.emit.c.passes import CPasses
from symbackprop.emit.c.text import HELPERS, prelude
from symbackprop.emit.fast.module import fast_scope, fast_text
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.numpy.plan import plan
from symbackprop.emit.numpy.summary import summary


@dataclass(frozen=True)
class CSource:
    """text: of the C file. python: of the module that calls its functions.

    functions: the C names by the name in Python and the dtype's letter. calls: their arguments.
    numpy: the loops that stay in NumPy, and why.
    """

    text: str
    python: str
    functions: dict[tuple[str, str], str]
    calls: dict[str, Call]
    numpy: tuple[str, ...]


def c_source(backward: Backward, *, version: str) -> CSource:
    """The loops of the fast module in C99, and the module with calls in their places.

    Matrix products and other functions of whole arrays stay in Python.
    Raises NotYet for an expression that has no NumPy form.
    """
    shown = lettered_backward(backward)
    prefix = re.sub(r"\W+", "_", shown.program.name, flags=re.ASCII).strip("_").lower()
    prefix = prefix if prefix[:1].isalpha() else f"f_{prefix}"
    planned, scope = plan(shown), fast_scope(shown)
    passes = CPasses(shown, planned, scope, prefix)
    python = fast_text(passes, planned, scope, version, HELPERS)
    found = passes.functions
    code = "\n".join(text for texts in found.texts.values() for text in texts.values())
    functions = {
        (name, letter): f"{prefix}_{name}_{suffix}"
        for name in found.texts for letter, suffix in (("d", "f64"), ("f", "f32"))
    }  # fmt: skip
    told = summary(shown, planned, version, "C")
    head = ["/*", *(f" * {line}".rstrip() for line in told), " */"]
    text = "\n".join([*head, "", prelude(code), code])
    return CSource(text, python, functions, found.calls, tuple(found.numpy))
