"""Random trees are printed and read back: a dropped parenthesis changes the value."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Abs, Add, Basic, Expr, Mul, Pow, Rational, exp, log
from sympy.core.relational import Gt

from symbackprop.algebra.letters import lettered
from symbackprop.algebra.nodes import Index, IndexMax, IndexSum, Iverson, Maximum, Where
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.text_expr import ASCII, TextPrinter
from tests.emit.read_latex import TOKENS as LATEX_TOKENS
from tests.emit.read_latex import LatexReader
from tests.emit.read_text import TOKENS as TEXT_TOKENS
from tests.emit.read_text import TextReader
from tests.emit.trees import ARRAYS, COLUMN, ROW, trees, values
from tests.emit.values import SIZES, N, same, value
from tests.katex import assert_katex

TAKEN = frozenset({"s", "u", "v", "x_hat", "W1", "rate", "Q", "beta", "T", *SIZES})


def _text(expr: Expr) -> str:
    return TextPrinter(ASCII).show(expr)


def _latex(expr: Expr) -> str:
    return LatexPrinter(Names.of(TAKEN)).show(expr)


Builder = Callable[[Expr], Expr]
FORMS = {
    "text": (_text, TextReader, TEXT_TOKENS),
    "latex": (_latex, LatexReader, LATEX_TOKENS),
}


def _scopes_disjoint(expr: Basic) -> dict[str, int]:
    """The size of every index letter; the same letter over two sizes is told apart by nobody."""
    sizes: dict[str, int] = {}
    for index in expr.atoms(Index):
        size = SIZES[str(index.size)]
        assume(sizes.setdefault(index.name, size) == size)
    return sizes


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=150, deadline=None)
@given(expr=trees(), seed=st.integers(0, 99))
def test_what_is_printed_is_what_was_meant(form: str, expr: Expr, seed: int) -> None:
    show, reader, tokens = FORMS[form]
    (i, j), shown = lettered(expr, (ROW, COLUMN), TAKEN)
    sizes = _scopes_disjoint(shown)
    arrays = values(seed)
    text = show(shown)
    if form == "latex":
        assert_katex(text)
    reading = reader(text, tokens, arrays, SIZES, sizes)
    read = reading.sum()
    assert reading.token == "", text
    for a, b in product(range(SIZES["N"]), range(SIZES["D"])):
        expected = value(expr, arrays, {ROW.name: a, COLUMN.name: b})
        assert same(read({i.name: a, j.name: b}), expected), text


def _pow(exponent: object) -> Builder:
    return lambda x: Pow(x, exponent, evaluate=False)


_U, _V, _S = ARRAYS[1][ROW,], ARRAYS[2][COLUMN,], ARRAYS[0][()]
_BOUND = Index("b", N)
BUILDERS: list[Builder] = [
    lambda x: Add(x, _V, evaluate=False),
    lambda x: Add(_V, x, evaluate=False),
    lambda x: Mul(x, _V, evaluate=False),
    lambda x: Mul(_S, x, evaluate=False),
    lambda x: Mul(-1, x, evaluate=False),
    lambda x: Mul(Rational(-3, 2), x, evaluate=False),
    lambda x: Mul(_V, Pow(x, -1, evaluate=False), evaluate=False),
    lambda x: Mul(x, Pow(N, -1, evaluate=False), evaluate=False),
    *map(_pow, (2, -1, Rational(1, 2), Rational(-1, 2), Rational(3, 2))),
    lambda x: Pow(2, x, evaluate=False),
    lambda x: exp(x, evaluate=False),
    lambda x: log(x, evaluate=False),
    lambda x: Abs(x, evaluate=False),
    lambda x: IndexSum(x, _BOUND),
    lambda x: IndexSum(Mul(ARRAYS[1][_BOUND,], x, evaluate=False), _BOUND),
    lambda x: IndexMax(Mul(ARRAYS[1][_BOUND,], x, evaluate=False), _BOUND),
    lambda x: IndexMax(x, _BOUND),
    lambda x: Maximum(x, _S),
    lambda x: Iverson(Gt(x, _S, evaluate=False)),
    lambda x: Where(Gt(_V, x, evaluate=False), x, _S),
]


def misread(form: str, outer: Builder) -> str:
    """The first text that does not read back as it was meant, among three nodes nested; or ""."""
    show, reader, tokens = FORMS[form]
    arrays = {name: np.abs(array) + 0.3 for name, array in values(7).items()}
    for middle, inner in product(BUILDERS, BUILDERS[::3]):
        expr = outer(middle(inner(_U)))
        (i, j), shown = lettered(expr, (ROW, COLUMN), TAKEN)
        text = show(shown)
        reading = reader(text, tokens, arrays, SIZES, {x.name: 2 for x in shown.atoms(Index)})
        try:
            read = reading.sum()({i.name: 1, j.name: 2})
        except (AssertionError, LookupError, ValueError):
            return text
        if reading.token or not same(read, value(expr, arrays, {ROW.name: 1, COLUMN.name: 2})):
            return text
    return ""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("outer", BUILDERS)
def test_every_node_within_every_node_within_every_node(form: str, outer: Builder) -> None:
    assert misread(form, outer) == ""


PRINTERS = {"text": TextPrinter, "latex": LatexPrinter}
LEVELS = ("_unsigned", "_factors", "_power")
BRACKETS = {"text": ("_print", *LEVELS), "latex": ("piece", *LEVELS)}
SIGNS = ("_atom", "_sum", "_condition")


def unbracketed(right: Callable[..., tuple[str, int]]) -> Callable[..., tuple[str, int]]:
    """The printing method, if its text never needed parentheses."""
    return lambda *args: (right(*args)[0], 99)


def negated(right: Callable[..., str]) -> Callable[..., str]:
    """The printing method with a minus sign too many."""
    return lambda *args: f"-{right(*args)}"


def upside_down(right: Callable[..., tuple[list[str], list[str]]]) -> Callable[..., object]:
    """The method that splits a number, with what belongs below the line above it."""
    return lambda *args: right(*args)[::-1]


WRONG = [
    (form, name, change)
    for form in FORMS
    for change, names in (
        (unbracketed, BRACKETS[form]),
        (negated, SIGNS),
        (upside_down, ("_number",)),
    )
    for name in names
]


@pytest.mark.parametrize(("form", "name", "change"), WRONG)
def test_a_corrupted_printer_is_noticed(
    form: str, name: str, change: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = PRINTERS[form]
    monkeypatch.setattr(printer, name, change(getattr(printer, name)))
    assert any(misread(form, outer) for outer in BUILDERS)


def test_the_readers_notice_a_dropped_parenthesis() -> None:
    arrays = values(0)
    for reader, tokens, right, wrong in (
        (TextReader, TEXT_TOKENS, "2*(s - rate)", "2*s - rate"),
        (LatexReader, LATEX_TOKENS, r"\left(\sum_{k} u_{k}\right)^{2}", r"\sum_{k} u_{k}^{2}"),
    ):
        values_read = [reader(t, tokens, arrays, SIZES, {"k": 2}).sum()({}) for t in (right, wrong)]
        assert not same(*values_read)
