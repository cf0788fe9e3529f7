"""Small laws on written expressions: what they make, and that another order is no step."""

from __future__ import annotations

import pytest
from sympy import Add, Eq, Expr, Ge, Integer, Le, Lt, Mul, Pow, exp

from symbackprop.algebra.nodes import Array, Index, IndexSum, Iverson, size_symbol
from symbackprop.algebra.normal import normal
from symbackprop.algebra.unevaluated import plus, times, unordered
from symbackprop.calculus.tidy import CANCELS, CONSTANT, tidied

n = size_symbol("n")
i, j, k = Index("i", n), Index("j", n), Index("k", n)
a, c, y = Array("a", (n,)), Array("c"), Array("y", (n,))
total = IndexSum(exp(a[j,]), j)


def over(u: Expr, power: int = 1) -> Expr:
    return Pow(u, -power, evaluate=False)


CASES = {
    "a constant": (IndexSum(times(c[()], a[j,]), j), CONSTANT, times(c[()], IndexSum(a[j,], j))),
    "a sign": (
        times(Integer(-1), IndexSum(times(Integer(-1), a[j,]), j)), CONSTANT, IndexSum(a[j,], j)),
    "nothing varies": (IndexSum(times(c[()], a[k,]), j), CONSTANT, times(c[()], a[k,], n)),
    "a factor": (times(y[k,], a[k,], over(y[k,])), CANCELS, a[k,]),
    "a power": (
        times(a[k,], over(total, 2), IndexSum(exp(a[i,]), i)), CANCELS, times(a[k,], over(total))),
    "a higher power": (times(Pow(a[k,], 3, evaluate=False), over(a[k,])), CANCELS, a[k,] ** 2),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_law_at_a_time(name: str) -> None:
    expr, law, after = CASES[name]
    found = tidied(expr)
    assert found is not None
    assert found[0] == law
    assert unordered(found[1]) == unordered(after)
    assert normal(found[1]) == normal(expr)


@pytest.mark.parametrize("expr", [a[k,], times(a[k,], total), IndexSum(times(a[j,], y[j,]), j)])
def test_what_is_tidy_stays(expr: Expr) -> None:
    assert tidied(expr) is None


def test_another_order_has_the_same_key() -> None:
    one = plus(times(a[k,], y[k,]), IndexSum(times(a[j,], y[j,]), j))
    other = Add(
        IndexSum(Mul(y[i,], a[i,], evaluate=False), i), Mul(y[k,], a[k,], evaluate=False),
        evaluate=False)  # fmt: skip
    assert one != other
    assert unordered(one) == unordered(other)
    inner, outer = times(a[j,], y[k,]), times(a[k,], y[j,])
    assert unordered(IndexSum(inner, j)) != unordered(IndexSum(outer, j))
    assert unordered(times(a[k,], a[k,])) != unordered(a[k,])
    W = Array("W", (n, n))
    row, column = times(W[i, j], a[i,]), times(W[i, j], a[j,])
    assert unordered(IndexSum(row, i, j)) == unordered(IndexSum(row, j, i))
    assert unordered(IndexSum(row, i, j)) != unordered(IndexSum(column, i, j))
    assert unordered(IndexSum(a[k,], j)) != unordered(IndexSum(a[k,], Index("j", n + 1)))
    hidden = IndexSum(times(a[j,], IndexSum(times(y[j,], IndexSum(W[j, k], k)), j)), i, j)
    other = IndexSum(times(a[j,], IndexSum(times(y[k,], IndexSum(W[j, k], j)), k)), i, j)
    assert unordered(hidden) != unordered(other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Ge(k - 1, j - 1), Ge(k, j), True), (Le(k, 1), Eq(k, 1), True), (Ge(k, n), Eq(n, k), True),
        (Eq(j, k), Eq(k, j), True), (Le(k, 2), Eq(k, 2), False), (Ge(k, j), Ge(j, k), False),
        (Lt(k, j), Le(k, j), False), (Ge(k, 1), Eq(k, 1), False),
    ],
)  # fmt: skip
def test_conditions_that_say_the_same_have_one_key(one: Expr, other: Expr, same: bool) -> None:
    assert (unordered(Iverson(one)) == unordered(Iverson(other))) is same
