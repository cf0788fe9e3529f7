"""Values added at positions of an array, in the memory of the result.

    c (x with v added at p) = c x with c v added at p

so that c x is computed by rows, and only what is added is left for the time after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.emit.fast.quotients import one_at_least
from symbackprop.emit.numpy.code import Code, Number, operate

ADD_AT = "add_at"
"""The helper function that adds values in place."""


def in_place(code: Code, np: str, added: str, helper: str) -> Code | None:
    """A call of `added`, which makes a copy, as one of `helper`, which is called ADD_AT.

    Its arguments are x, the positions and the values, without x where that is zeros. None for
    other code.
    """
    if not _calls(code, added):
        return None
    kept = code.args[1:] if _is_zero(code.args[0], np) else code.args
    return Code("call", kept, f"{helper}(|", shape=code.shape)


def scaled(code: Code, np: str, added: str, number: Number) -> Code | None:
    """c (x with v added at p), (x with v added at p)/c or -(x with v added at p), c put inside.

    number: code for a size. None for other code, and where c cannot be put inside.
    """
    if code.op not in ("*", "/", "neg"):
        return None
    for place, arg in enumerate(code.args[: 1 if code.op == "/" else 2]):
        part = arg if _calls(arg, added) else scaled(arg, np, added, number)
        if part is not None:
            x, at, values = part.args
            others = [*code.args[:place], *code.args[place + 1 :]]
            by = [_of_values(c, x, at, np) for c in others]
            if code.op == "/" and not values.shape:
                by = [one_at_least(c, (*x.shape, *at.shape), number) for c in by if c is not None]
            found = [c for c in by if c is not None]
            if len(found) == len(others):
                scaled_x = x if _is_zero(x, np) else _put(code.op, x, others, place)
                return replace(part, args=(scaled_x, at, _put(code.op, values, found, place)))
    return None


def _is_zero(x: Code, np: str) -> bool:
    return x.op == "call" and x.text.startswith(f"{np}.zeros(")


def _calls(code: Code, name: str) -> bool:
    return code.op == "call" and code.text == f"{name}(|"


def _put(op: str, x: Code, factors: Sequence[Code], place: int) -> Code:
    if op == "neg":
        return Code("neg", (x,), shape=x.shape)
    return operate(op, *(x, *factors)[:: 1 if place == 0 else -1])


def _of_values(c: Code, x: Code, at: Code, np: str) -> Code | None:
    """The factor of values that are added at (i, t_i), or anywhere for a number; None otherwise."""
    if not c.shape:
        return c
    rows = x.shape[:1]
    whole = at.op == "tuple" and at.args[0].text.startswith(f"{np}.arange(")
    if len(x.shape) != 2 or c.shape != (*rows, 1) or not whole:
        return None
    if [a.shape for a in at.args] != [rows, rows]:
        return None
    return Code("index", (c,), ":, 0", shape=rows)
