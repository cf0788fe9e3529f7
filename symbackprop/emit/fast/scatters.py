"""Values added at positions of an array, in the memory of the result.

    c (x with v added at p) = c x with c v added at p

so that c x is computed by rows, and only what is added is left for the time after.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    for inner, c in _factored(code):
        part = inner if _calls(inner, added) else scaled(inner, np, added, number)
        if part is not None:
            x, at, values = part.args
            by = c and _of_values(c, x, at, np)
            if by is not None and code.op == "/" and not values.shape:
                by = one_at_least(by, (*x.shape, *at.shape), number)
            if c is None or by is not None:
                scaled_x = x if _is_zero(x, np) else _put(code.op, x, c)
                return replace(part, args=(scaled_x, at, _put(code.op, values, by)))
    return None


def _factored(code: Code) -> Iterator[tuple[Code, Code | None]]:
    """What is scaled, and by what; None for the minus sign."""
    if code.op == "neg":
        yield code.args[0], None
    if code.op in ("*", "/"):
        yield code.args[0], code.args[1]
    if code.op == "*":
        yield code.args[1], code.args[0]


def _is_zero(x: Code, np: str) -> bool:
    return x.op == "call" and x.text.startswith(f"{np}.zeros(")


def _calls(code: Code, name: str) -> bool:
    return code.op == "call" and code.text == f"{name}(|"


def _put(op: str, x: Code, factor: Code | None) -> Code:
    return Code(op, (x,), shape=x.shape) if factor is None else operate(op, x, factor)


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
