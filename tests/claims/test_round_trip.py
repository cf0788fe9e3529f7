"""What the printers write of any expression is read back as an expression of the same value."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from mpmath import mp, mpf
from sympy import Expr

from symbackprop.algebra.letters import lettered
from symbackprop.algebra.nodes import Index
from symbackprop.claims.check import Session, session
from symbackprop.claims.points import trials
from symbackprop.claims.read import Asked, read_claim
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter
from symbackprop.errors import NotYet, SymbackpropError
from symbackprop.frontend.text import parse_program
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.scalars import OutOfDomain
from tests.emit.trees import ARRAYS, COLUMN, ROW, trees

SHAPES = {a.name: tuple(str(n) for n in a.axes) for a in ARRAYS}
# What a claim has to say and an expression need not: where an index runs, and real numbers.
UNSAID = ("over what the index", "is not a real number")


@cache
def opened() -> Session:
    text = "L = " + " + ".join(f"sum({a.name})" for a in ARRAYS)
    return session(parse_program(text, SHAPES), None, {})


def value(expr: Expr, point: object, env: dict[Index, int]) -> object:
    try:
        return compiled(expr)(point, env)  # type: ignore[arg-type]
    except OutOfDomain:
        return None


def written(shown: Expr, notation: str) -> tuple[str, str]:
    if notation == "latex":
        names = Names.of([*(a.name for a in ARRAYS), "N", "D", "M"])
        return r"\frac{\partial L}{\partial W_{1,ij}} = " + LatexPrinter(names).show(shown), "latex"
    style = UNICODE if notation == "text" else ASCII
    return "dW1[i,j] = " + TextPrinter(style).show(shown), "index"


@pytest.mark.parametrize("notation", ["text", "ascii", "latex"])
def test_what_is_printed_is_read_back(notation: str) -> None:
    found = opened()
    points = [t.digits for t in list(trials(found.setting, ()))[:2]]
    read = 0

    @settings(max_examples=200)
    @given(trees())
    def holds(expr: Expr) -> None:
        nonlocal read
        (i, j), shown = lettered(expr, (ROW, COLUMN), frozenset(found.vocabulary.values))
        text, kind = written(shown, notation)
        try:
            claim = read_claim(text, found.truth, found.vocabulary, Asked(notation=kind))
        except SymbackpropError as problem:
            assert isinstance(problem, NotYet) or any(u in str(problem) for u in UNSAID), text
            return
        right = claim.rights[0]
        letters = {name: index for index, name in right.letters.items()}
        for point in points:
            for place in list(point.places([i.size, j.size]))[:4]:
                one = value(shown, point, dict(zip((i, j), place, strict=True)))
                own = {letters[n.name]: p for n, p in zip((i, j), place, strict=True)
                       if n.name in letters}  # fmt: skip
                other = value(right.expr, point, own)
                assert (one is None) == (other is None), text
                if one is not None and other is not None:
                    read += 1
                    with mp.workdps(50):
                        assert abs(one - other) <= mpf(10) ** -30 * max(1, abs(one)), text

    holds()
    assert read > 100
