"""Declared equations and signs, such as "sum(t, axis=1) == 1" and "eps > 0"."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import S

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Assumption, Program
from symbackprop.algebra.trees import elements
from symbackprop.errors import InputError, NotYet, Refused
from symbackprop.frontend.reader import Reader
from symbackprop.frontend.shapes import nearest
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import aligned, broadcast, fresh_indices, input_value, numeric
from symbackprop.frontend.where import piece_of_text, shorten
from symbackprop.frontend.whitelist import parse, piece

_SIGNS: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.GtE: ">="}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE}


def as_texts(assume: str | Iterable[str]) -> tuple[str, ...]:
    """One assumption or several."""
    return (assume,) if isinstance(assume, str) else tuple(assume)


def _comparison(text: str) -> tuple[ast.expr, type[ast.cmpop], ast.expr]:
    body = parse(text)
    node = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        raise Refused(
            f"the assumption {shorten(text)!r} is not an equation or a sign; "
            'write "sum(t) == 1" or "eps > 0"'
        )
    left, kind, right = node.left, type(node.ops[0]), node.comparators[0]
    if kind in _MIRRORED:
        return right, _MIRRORED[kind], left
    if kind in _SIGNS and isinstance(left, ast.Constant):
        raise NotYet(f"the assumption {shorten(text)!r}: only > 0 and >= 0 can be declared")
    return left, kind, right


def _sign(text: str) -> tuple[str, str] | None:
    """("eps", ">") for "eps > 0"; None for an equation."""
    left, kind, right = _comparison(text)
    if kind is ast.Eq:
        return None
    zero = isinstance(right, ast.Constant) and right.value == 0 and right.value is not False
    if kind in _SIGNS and isinstance(left, ast.Name) and zero:
        return left.id, _SIGNS[kind]
    raise NotYet(
        f"the assumption {shorten(text)!r}: only `name > 0`, `name >= 0` and equations are used"
    )


def declared_signs(texts: Iterable[str]) -> dict[str, str]:
    """The sign that the assumptions give to each array: {"eps": ">0"}.

    Raises:
        Refused, NotYet: a text that is not an assumption.
    """
    signs: dict[str, str] = {}
    for text in texts:
        found = _sign(text)
        if found is not None and signs.get(found[0]) != ">0":
            signs[found[0]] = f"{found[1]}0"
    return signs


def parse_assumption(text: str, arrays: Mapping[str, Array]) -> Assumption:
    """An equation or a sign about inputs or definitions; the text is read, never run.

    Raises:
        Refused: not on the whitelist. UnknownNameError: an array that is not there.
        InputError: an equation without an array. ShapeError: sides that do not fit.
    """
    known = {name: Tracer(input_value(array)) for name, array in arrays.items()}
    reader = Reader(known)
    left, kind, right = _comparison(text)
    sign = _sign(text)
    words = " ".join(text.split())
    with piece_of_text(text):
        u = numeric(reader.array(left))
        if sign is not None:
            return Assumption(sign[1], u.at(fresh_indices(u.shape)), S.Zero, words)
        v = numeric(reader.array(right))
        indices = fresh_indices(broadcast(u.shape, v.shape))
    sides = aligned(u, indices), aligned(v, indices)
    if not elements(sides[0]):
        sides = sides[1], sides[0]
    if not elements(sides[0]):
        raise InputError(
            f"the assumption {piece(ast.Compare(left, [kind()], [right]))!r} is about no array"
            + nearest("", known)
        )
    return Assumption("==", *sides, words)


def assumptions(program: Program, texts: Iterable[str]) -> Program:
    """The program with these assumptions.

    Raises:
        Refused, InputError, ShapeError: as `parse_assumption` does.
    """
    arrays = {a.name: a for a in (*program.inputs, *(d.array for d in program.definitions))}
    parsed = tuple(parse_assumption(t, arrays) for t in texts)
    return replace(program, assumptions=(*program.assumptions, *parsed))
