"""Index letters: the conventions, no clashes, and no trace of the names that came in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Expr, Mul, Symbol, exp, log

from symbackprop.algebra.letters import (
    PAIR,
    free_indices,
    lettered,
    lettered_program,
    names_in,
    names_of,
)
from symbackprop.algebra.nodes import Array, Index, IndexMax, IndexSum, fresh_index, size_symbol
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.trees import walk
from tests.emit.trees import COLUMN, ROW, trees

N, D = size_symbol("N"), size_symbol("D")
p, q, r, s = (fresh_index(size) for size in (N, D, N, D))
u, X = Array("u", (N,)), Array("X", (N, D))
T = Array("T", (N, D, N))


@pytest.mark.parametrize(
    ("expr", "free", "shown"),
    [
        (u[p,], (p,), "u[k]"),
        (X[p, q], (p, q), "X[i, j]"),
        (X[p, q], (q, p), "X[j, i]"),
        (T[p, q, r], (p, q, r), "T[i, j, k]"),
        (IndexSum(X[p, q], q), (p,), "IndexSum(X[k, j], j)"),
        (IndexSum(X[p, q], p), (q,), "IndexSum(X[j, k], j)"),
        (IndexSum(u[p,], p), (), "IndexSum(u[k], k)"),
        (IndexSum(X[p, q], p, q), (), "IndexSum(X[i, j], i, j)"),
        (IndexSum(IndexSum(X[p, q], q), p), (), "IndexSum(IndexSum(X[i, j], j), i)"),
        (IndexSum(T[p, q, r], r), (p, q), "IndexSum(T[i, j, k], k)"),
        (log(IndexSum(exp(u[p,]), p)), (), "log(IndexSum(exp(u[k]), k))"),
        (IndexSum(u[p,] * IndexMax(u[r,], r), p), (), "IndexSum(u[k]*IndexMax(u[j], j), k)"),
    ],
)
def test_the_conventional_letters(expr: Expr, free: tuple[Index, ...], shown: str) -> None:
    assert str(lettered(expr, free, frozenset())[1]) == shown


def test_sibling_sums_share_a_letter() -> None:
    expr = Add(IndexSum(u[p,], p), IndexSum(u[r,] ** 2, r), evaluate=False)
    _, shown = lettered(expr, (), frozenset())
    assert {b.name for e in walk(shown) if isinstance(e, IndexSum) for b in e.bound} == {"k"}


def test_names_in_use_are_skipped_by_case() -> None:
    (i,), shown = lettered(IndexSum(X[p, q], q), (p,), frozenset({"k", "J", "i"}))
    assert (i.name, shown.bound[0].name) == ("j", "l")


def test_there_are_always_more_letters() -> None:
    everything = frozenset("abcdefghijklmnopqrstuvwxyz")
    (i,), shown = lettered(IndexSum(X[p, q], q), (p,), everything)
    assert (i.name, shown.bound[0].name) == ("k1", "k2")


def test_a_pool_of_letters() -> None:
    assert [i.name for i in lettered(u[p,] * u[r,], (p, r), frozenset(), PAIR)[0]] == ["j", "k"]


def test_the_order_of_arguments_is_kept() -> None:
    for pair in ((u[p,], exp(u[p,])), (exp(u[p,]), u[p,])):
        for node in (Add, Mul):
            shown = lettered(node(*pair, evaluate=False), (p,), frozenset())[1]
            assert [type(x) for x in shown.args] == [type(x) for x in pair]


def test_names_of_arrays_and_sizes() -> None:
    expr = IndexSum(X[p, q] * Symbol("M"), q)
    assert names_of(expr) == {"X", "M", "N", "D"}
    program = Program("f", (X,), (Definition(u, (p,), expr),), (u,))
    assert names_in(program) == {"X", "M", "N", "D", "u"}
    assert str(lettered_program(program).definitions[0].expr) == "IndexSum(M*X[k, j], j)"


def test_free_indices_in_order() -> None:
    expr = Mul(X[r, s], IndexSum(X[p, q], p), evaluate=False)
    assert list(dict.fromkeys(free_indices(expr))) == [r, s, q]


def _renamed(expr: Expr, names: dict[Index, Index]) -> Expr:
    if isinstance(expr, Index):
        return names.setdefault(expr, fresh_index(expr.size))
    if not expr.args:
        return expr
    arguments = [_renamed(a, names) for a in expr.args]
    if isinstance(expr, Add | Mul):
        return expr.func(*arguments, evaluate=False)
    return expr.func(*arguments)


@st.composite
def _without_evaluation(draw: st.DrawFn) -> Expr:
    """Sums and products of elements only: nodes that SymPy does not evaluate on rebuilding."""
    terms = draw(st.lists(st.sampled_from([u[p,], X[p, q], IndexSum(X[r, q], r)]), min_size=2,
                          max_size=4))  # fmt: skip
    node = draw(st.sampled_from([Add, Mul]))
    return IndexSum(node(*terms, evaluate=False), draw(st.sampled_from([p, q])))


@settings(max_examples=100, deadline=None)
@given(_without_evaluation())
def test_the_names_that_come_in_play_no_part(expr: Expr) -> None:
    free = tuple(dict.fromkeys(free_indices(expr)))
    names: dict[Index, Index] = {}
    other = _renamed(expr, names)
    first = lettered(expr, free, frozenset({"u", "X"}))
    assert first == lettered(other, tuple(names[i] for i in free), frozenset({"u", "X"}))


@settings(max_examples=100, deadline=None)
@given(trees())
def test_no_sum_hides_a_letter_in_use(expr: Expr) -> None:
    free, shown = lettered(expr, (ROW, COLUMN), frozenset())

    def check(e: Expr, used: frozenset[str]) -> None:
        if isinstance(e, IndexSum | IndexMax):
            own = {b.name for b in e.bound}
            assert len(own) == len(e.bound) and not own & used
            used |= own
        for child in e.args:
            check(child, used)

    check(shown, frozenset(i.name for i in free))
    assert set(free_indices(shown)) <= set(free)
