"""Other names for the arrays of a program, so that it matches the notes it goes into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from symbackprop.algebra.nodes import Array, Element
from symbackprop.algebra.program import Program
from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.batch import EACH
from symbackprop.frontend.shapes import is_name, nearest
from symbackprop.frontend.where import shorten
from symbackprop.frontend.written import replace_elements


def parse_renames(text: str) -> dict[str, str]:
    """`"a=z,y=o"` as {"a": "z", "y": "o"}.

    Raises:
        InputError: not of that form, or a name twice.
    """
    renames: dict[str, str] = {}
    for part in text.split(","):
        old, equals, new = (p.strip() for p in part.partition("="))
        if not (equals and old and new):
            raise InputError(f"the rename {shorten(part)!r} is not of the form old=new (a=z,y=o)")
        if old in renames:
            raise InputError(f"the rename {shorten(text)!r} gives {shorten(old)!r} two names")
        renames[old] = new
    return renames


def rename_arrays(program: Program, renames: Mapping[str, str]) -> Program:
    """The program with inputs and definitions renamed, all at once (a=y,y=a swaps them).

    Raises:
        UnknownNameError: an old name that is not there.
        InputError: a new name that is no identifier, or that something else has.
    """
    arrays = (*program.inputs, *(d.array for d in program.definitions))
    names = [a.name for a in arrays]
    for old, new in renames.items():
        if old not in names:
            raise UnknownNameError(
                f"there is no array {shorten(old)!r} in {program.name} to rename"
                + nearest(old, names)
            )
        if not is_name(new):
            raise InputError(f"{shorten(new)!r} is not a name; rename {old!r} to an identifier")
    final = [renames.get(n, n) for n in names]
    taken = {s.name for a in arrays for size in a.shape for s in size.free_symbols}
    for old, new in zip(names, final, strict=True):
        if old != new and (final.count(new) > 1 or new in taken):
            raise InputError(f"cannot rename {old!r} to {new!r}: that name is taken")
    changed = {a: Array(new, a.shape, a.sign) for a, new in zip(arrays, final, strict=True)}

    def apply(expr: object) -> object:
        return replace_elements(expr, lambda e: Element(changed[e.array], *e.indices))

    return replace(
        program,
        inputs=tuple(changed[a] for a in program.inputs),
        definitions=tuple(
            replace(d, array=changed[d.array], expr=apply(d.expr)) for d in program.definitions
        ),
        outputs=tuple(changed[a] for a in program.outputs),
        assumptions=tuple(
            replace(a, left=apply(a.left), right=apply(a.right), text=_words(a.text, renames))
            for a in program.assumptions
        ),
    )


def _words(text: str, renames: Mapping[str, str]) -> str:
    """The text of an assumption with its arrays renamed; functions and methods keep theirs."""
    own = text.removesuffix(EACH)
    name = r"(?<![\w.])[A-Za-z_]\w*(?!\w|\s*\()"
    return re.sub(name, lambda m: renames.get(m[0], m[0]), own) + text[len(own) :]
