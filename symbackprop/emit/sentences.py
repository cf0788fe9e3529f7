"""Sentences between the formulas: what is required, where a fact comes from, notes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sympy import Abs, Expr

from symbackprop.algebra.conditions import size_conditions
from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.algebra.spelling import size_text
from symbackprop.calculus.result import Fact, Note
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.page import Block, Display, Equation, Formula, Part, Words
from symbackprop.emit.phrases import enumeration, listed, same_everywhere
from symbackprop.messages import message

_MACROS = "|".join(re.escape(f.macro) for f in TABLE)
_FUNCTION = re.compile(rf"{_MACROS}|\\(sqrt|max|min|left\||left\[)")


def shape(formulas: Formulas, array: Array) -> Part:
    """(N, D), or the word for a scalar."""
    return formulas.shape(array) if array.shape else Words("scalar")


def with_shape(formulas: Formulas, array: Array) -> Part:
    """`a (n)`, `c scalar`."""
    name = formulas.name(array)
    if not array.shape:
        return Words("{array}\N{NO-BREAK SPACE}scalar", (("array", name),))
    of = formulas.shape(array)
    return Formula(f"{name.text} {of.text}", f"{name.ascii} {of.ascii}",
                   rf"{name.latex} \ {of.latex}")  # fmt: skip


def origin(fact: Fact) -> Words:
    """Where a fact comes from."""
    return Words("assumed") if fact.declared else Words("from the definitions")


def required(formulas: Formulas, program: Program) -> Iterable[Words]:
    """What labels and sizes have to be."""
    names = formulas.names
    for array, sizes in program.labels.items():
        ranges = _and(Words("0 to {end}", (("end", _size(formulas, s - 1)),)) for s in sizes)
        places = (("array", formulas.name(array)), ("ranges", ranges))
        yield Words("{array}: integers from {ranges}, counted from 1 as subscripts", places)
    conditions = []
    for larger, smaller in size_conditions(program):
        if larger.is_Integer:
            left, right, signs = smaller, larger, ("≤", "<=", r"\le")
        else:
            left, right, signs = larger, smaller, ("≥", ">=", r"\ge")
        text, ascii_, latex = signs
        conditions.append(Formula(
            f"{size_text(left)} {text} {size_text(right)}",
            f"{size_text(left)} {ascii_} {size_text(right)}",
            f"{names.position(left)} {latex} {names.position(right)}",
        ))  # fmt: skip
    if conditions:
        yield Words("requires {conditions}", (("conditions", listed(conditions)),))


def _and(parts: Iterable[Part]) -> Part:
    first, *rest = parts
    return Words("{first} and {rest}", (("first", first), ("rest", _and(rest)))) if rest else first


def _size(formulas: Formulas, size: Expr) -> Formula:
    return same_everywhere(size_text(size), formulas.names.position(size))


def note_words(formulas: Formulas, note: str) -> Words:
    """A note with its comparisons and names as formulas."""
    if not isinstance(note, Note):
        return Words("{note}", (("note", note),))
    return Words(note.template, tuple(
        (name, _place(formulas, part)) for name, part in note.places.items()))  # fmt: skip


def _place(formulas: Formulas, part: object) -> Formula | Words:
    if isinstance(part, Note):
        return note_words(formulas, part)
    if isinstance(part, tuple):
        return listed(map(formulas.name, part))
    if isinstance(part, Array):
        return formulas.name(part)
    if isinstance(part, Abs):
        x = formulas.show(part.args[0])
        return Formula(f"|{x.text}|", f"|{x.ascii}|", rf"\left| {x.latex} \right|")
    return formulas.show(part)


def conventions(formulas: Formulas, blocks: Iterable[Block]) -> Part | None:
    """What whole-array notation means, as far as these blocks use it."""
    if not formulas.uses_matrix:
        return None
    body = "\n".join(
        f"{line.left.latex} = {line.right.latex}" if isinstance(line, Equation) else line.latex
        for block in blocks if isinstance(block, Display) for line in block.lines
    )  # fmt: skip
    meanings = [Words("vectors are columns")]
    if _FUNCTION.search(body):
        meanings.append(Words("functions act elementwise"))
    for sign, template in (
        (Formula("ones", "ones", r"\mathbf{1}"), message("{sign} is a column of ones")),
        (Formula("I", "I", r"\mathbf{I}"), message("{sign} is the identity matrix")),
        (Formula("⊙", ".*", r"\odot"), message("{sign} multiplies elementwise")),
        (Formula("⊘", "./", r"\oslash"), message("{sign} divides elementwise")),
    ):
        if sign.latex in body:
            meanings.append(Words(template, (("sign", sign),)))
    return enumeration(meanings)
