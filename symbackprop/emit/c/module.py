"""A C file with the loops of a module, and the Python module that calls them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from symbackprop.calculus.result import Backward
from symbackprop.emit.c.bindings import bindings
from symbackprop.emit.c.functions import Call
from symbackprop.emit.c.names import BEYOND, FEWEST, LONG
from symbackprop.emit.c.passes import CPasses
from symbackprop.emit.c.shortcuts import Shortcuts, shortcuts
from symbackprop.emit.c.text import HELPERS, prelude, setting
from symbackprop.emit.fast.kept import with_less_kept
from symbackprop.emit.fast.module import fast_scope, fast_text
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.numpy.plan import plan
from symbackprop.emit.numpy.summary import summary

_PASSES = ("forward", "backward", "value_and_grad")
_LETTERS = {"f64": "d", "f32": "f"}
_FOR_FEW = {BEYOND: 0, FEWEST: 1, LONG: 0}
_BETWEEN = "What stands between the loops, in Python. In brackets: sizes, numbers, inputs, outputs."


@dataclass(frozen=True)
class CSource:
    """text: of the C file. python: of the module that calls its functions.

    functions: the C names by the name in Python and the dtype's letter. calls: their arguments.
    numpy: the loops that stay in NumPy, and why. shortcuts: functions of Python as a whole.
    tables: what the module calls the tables of both, by "loops" and "whole".
    """

    text: str
    python: str
    functions: dict[tuple[str, str], str]
    calls: dict[str, Call]
    numpy: tuple[str, ...]
    shortcuts: Shortcuts
    tables: dict[str, str]

    @property
    def layouts(self) -> list[dict[str, int]]:
        """Settings of its variables with which few rows are worked on as many, or long ones, are.

        That is: all arrays fetched from memory, short rows side by side, and all rows as long ones.
        """
        far, *other = ({n: v} if setting(n) in self.text else {} for n, v in _FOR_FEW.items())
        return [far, *filter(None, other)]

    @property
    def built(self) -> str:
        """The text with what calls its functions from Python and changes its settings."""
        names = [name for changed in self.layouts for name in changed]
        texts = self.shortcuts.texts.values()
        return self.text + bindings(self.functions, self.calls, names, texts)


def c_source(backward: Backward, *, version: str, exact: bool = False) -> CSource:
    """The loops of the fast module in C99, and the module with calls in their places.

    Matrix products and other functions of whole arrays stay in Python.
    Raises NotYet for an expression that has no NumPy form.
    """
    shown = lettered_backward(backward)
    prefix = re.sub(r"\W+", "_", shown.program.name, flags=re.ASCII).strip("_").lower()
    prefix = prefix if prefix[:1].isalpha() else f"f_{prefix}"
    planned = with_less_kept(plan(shown, exact=exact), shown.program, again=True)
    scope = fast_scope(shown)
    passes = CPasses(shown, planned, scope, prefix)
    python = fast_text(passes, planned, scope, version, HELPERS)
    found = passes.functions
    texts = [found.texts[n] for part in _PASSES for n in found.texts if _part(n) == part]
    code = "\n".join(text for both in texts for text in both.values())
    functions = {
        (name, _LETTERS[suffix]): f"{prefix}_{name}_{suffix}"
        for name, texts in found.texts.items() for suffix in texts
    }  # fmt: skip
    told = summary(shown, planned, version, "C")
    head = ["/*", *(f" * {line}".rstrip() for line in told), " */"]
    text = "\n".join([*head, "", prelude(code), code, *_callers(python)])
    tables = {name: passes.names.all[name] for name in ("loops", "whole")}
    short = shortcuts(python, prefix, functions, found.calls, tables["whole"])
    return CSource(text, python, functions, found.calls, tuple(found.numpy), short, tables)


def _part(name: str) -> str:
    return name.rpartition("_")[0]


def _callers(python: str) -> list[str]:
    """The Python functions that call the C functions, as a comment."""
    tree = ast.parse(python)
    lines = python.split("\n")
    found = [
        ["", *lines[f.lineno - 1 : f.end_lineno]] for f in tree.body
        if isinstance(f, ast.FunctionDef) and f.name in _PASSES
    ]  # fmt: skip
    text = [line.replace("*/", "* /") for group in found for line in group]
    return ["/*", *(f" * {line}".rstrip() for line in [_BETWEEN, *text]), " */", ""]
