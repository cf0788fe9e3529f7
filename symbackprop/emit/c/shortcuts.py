"""Which functions of a module have a whole form in C, and the module that tries it first."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from symbackprop.emit.c.expressions import Unsupported
from symbackprop.emit.c.functions import Call
from symbackprop.emit.c.whole import Whole

_TRIED = """    {found} = {table}["{name}"]({arguments})
    if {found} is not None:
        return {found}"""


@dataclass(frozen=True)
class Shortcuts:
    """texts: of the C functions, by names in Python; names: those in C. python: the module."""

    texts: dict[str, str]
    names: dict[str, str]
    python: str


def shortcuts(
    python: str, prefix: str, loops: Mapping[tuple[str, str], str], calls: Mapping[str, Call],
    table: str,
) -> Shortcuts:  # fmt: skip
    """Those of a module whose loops are in C. table: what the module calls that of them."""
    tree = ast.parse(python)
    functions = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
    shapes = next((found for s in tree.body if (found := _shapes(s)) is not None), None)
    texts: dict[str, str] = {}
    names: dict[str, str] = {}
    saved: dict[str, str] = {}
    lines = python.split("\n")
    tried: dict[int, str] = {}
    for name in ("forward", "backward", "value_and_grad"):
        function = functions.get(name)
        if function is None or (shapes is None and name != "backward"):
            continue
        try:
            whole = Whole(function, shapes or {}, loops, calls, saved)
        except Unsupported:
            continue
        saved = whole.kept or saved
        names[name] = f"{prefix}_{name}_whole"
        texts[name] = whole.text(names[name])
        tried[function.body[1].lineno - 1] = _tried(function, table)
    for place in sorted(tried, reverse=True):
        lines.insert(place, tried[place])
    return Shortcuts(texts, names, "\n".join(lines))


def _shapes(statement: ast.stmt) -> dict[str, tuple[int | str, ...]] | None:
    """The shapes of the inputs, in the statement that has them."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="_SHAPES")], value=value):
            shapes: dict[str, tuple[int | str, ...]] = ast.literal_eval(value)
            return shapes
    return None


def _tried(function: ast.FunctionDef, table: str) -> str:
    used = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    found = "found"
    while found in used:
        found += "_"
    out, _ = function.args.kwonlyargs
    arguments = ", ".join(a.arg for a in (*function.args.args, out))
    return _TRIED.format(found=found, table=table, name=function.name, arguments=arguments)
