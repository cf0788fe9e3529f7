"""The normal form: equal expressions become equal, different ones stay different."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, Mul, Pow, Rational, exp, log, sqrt

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    fresh_index,
    size_symbol,
)
from symbackprop.algebra.normal import normal
from symbackprop.algebra.powers import power, power_of_sum

n, m = size_symbol("n"), size_symbol("m")
i, j, k = Index("i", n), Index("j", n), Index("k", n)
p, q = Index("p", m), Index("q", m)
a, b = Array("a", (n,)), Array("b", (n,))
A, B = Array("A", (n, m)), Array("B", (n, m))
pos, s, r = Array("pos", (n,), ">0"), Array("s"), Array("r")
S, R = s[()], r[()]
ZERO, SIX = Integer(0), Integer(6)


def total(body: Expr, *bound: Index) -> Expr:
    return IndexSum(body, *bound)


EQUAL = [
    (total(a[j,], j), total(a[i,], i)),
    (total(a[j,] + b[j,], j), total(a[i,], i) + total(b[k,], k)),
    (total(S * a[j,], j), S * total(a[j,], j)),
    (total(Integer(1), j), n),
    (total(S, j, p), n * m * S),
    (total(Delta(j, k) * a[j,], j), a[k,]),
    (total(Delta(j, k) * A[j, p] * b[j,], j), A[k, p] * b[k,]),
    (total(Delta(i, j) * Delta(j, k), j), Delta(i, k)),
    (total(a[i,] * b[j,], i, j), total(a[i,], i) * total(b[i,], i)),
    (total(A[i, p] * B[i, p], i, p), total(B[j, q] * A[j, q], q, j)),
    (total(a[i,] * total(A[i, p], p), i), total(a[i,] * A[i, p], i, p)),
    (exp(a[k,] + S, evaluate=False), exp(a[k,]) * exp(S)),
    (exp(2 * S), exp(S) ** 2),
    (exp(-log(S, evaluate=False), evaluate=False), 1 / S),
    (exp(R * log(S) - log(S)), exp(R * log(S)) / S),
    (log(pos[k,] * exp(S), evaluate=False), log(pos[k,]) + S),
    (log(pos[k,] / pos[j,], evaluate=False), log(pos[k,]) - log(pos[j,])),
    (1 / (1 + exp(-S)), exp(S) / (1 + exp(S))),
    (log(1 - 1 / (1 + exp(-S)), evaluate=False), -log(1 + exp(S))),
    (1 / (2 * S + 2 * R), Rational(1, 2) / (S + R)),
    (1 / (S - R), -1 / (R - S)),
    (1 / (S * R + S), 1 / (S * (R + 1))),
    ((S + R) ** 2 / (S + R), S + R),
    (sqrt(pos[k,] ** 2), pos[k,]),
    (Pow(pos[k,] ** -2, Rational(3, 2)), pos[k,] ** -3),
    (sqrt(Pow(S, 2, evaluate=False), evaluate=False), abs(S)),
    (exp(a[k,]) / total(exp(a[j,]), j),
     exp(a[k,] - IndexMax(a[j,], j)) / total(exp(a[j,] - IndexMax(a[i,], i)), j)),
    (Iverson(S > 0) ** 2, Iverson(S > 0)),
    (Iverson(S > S - 1), Integer(1)),
    (Iverson(Maximum(S, ZERO) < 6), Iverson(S < 6)),
    (Iverson(Maximum(S, ZERO) >= 6), Iverson(S >= 6)),
    (Iverson(Maximum(S, SIX) > 0), Integer(1)),
    (Iverson(Maximum(S, SIX) < 0), Integer(0)),
    (Iverson(Minimum(S, SIX) > 0), Iverson(S > 0)),
    (Iverson(Minimum(S, ZERO) >= 6), Integer(0)),
    (Iverson(Minimum(S, ZERO) < 6), Integer(1)),
    (Iverson(Minimum(Maximum(S, 1 - pos[k,]), 1 + pos[k,]) > 1 - pos[k,]),
     Iverson(1 - pos[k,] < S)),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal(left: Expr, right: Expr) -> None:
    assert expand_all(normal(left)) == expand_all(normal(right))


DIFFERENT = [
    (total(a[j,] * b[j,], j), total(a[j,], j) * total(b[j,], j)),
    (total(a[j,], j), total(b[j,], j)),
    (total(A[j, p], j), total(A[j, p], p)),
    (total(Delta(j, k) * a[j,], j), a[j,]),
    (A[i, p], A[j, p]),
    (exp(S) + exp(R), exp(S + R)),
    (log(S + R), log(S) + log(R)),
    (sqrt(Pow(S, 2, evaluate=False), evaluate=False), S),
    (log(Pow(S, 2, evaluate=False), evaluate=False), 2 * log(S)),
    (total(a[j,] ** 2, j), total(a[j,], j) ** 2),
    (IndexMax(a[j,], j), total(a[j,], j)),
    (Iverson(S > 0), Iverson(S >= 0)),
    (Iverson(Maximum(S, ZERO) >= 0), Iverson(S >= 0)),
    (Iverson(Maximum(S, SIX) > R), Iverson(S > R)),
    (Iverson(Minimum(S, SIX) < 6), Integer(1)),
    (Integer(1) * n, Integer(1) * m),
]


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different(left: Expr, right: Expr) -> None:
    assert expand_all(normal(left)) != expand_all(normal(right))


LEAVES = st.sampled_from([a[k,], b[k,], S, R, pos[k,], A[k, p], Integer(2), Rational(1, 3), n])


def _extend(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(parts, min_size=2, max_size=4)
    return st.one_of(
        several.map(lambda x: Add(*x, evaluate=False)),
        several.map(lambda x: Mul(*x, evaluate=False)),
        parts.map(lambda x: exp(x, evaluate=False)),
        LEAVES.map(lambda x: Pow(Add(1, Pow(x, 2)), -1, evaluate=False)),
        parts.map(lambda x: IndexSum(x, k)),
        parts.map(lambda x: IndexSum(x, p)),
    )


TREES = st.recursive(LEAVES, _extend, max_leaves=9)


@given(TREES)
def test_arranging_keeps_the_value(tree: Expr) -> None:
    """The arranged expression has the normal form that it was made from."""
    found = normal(tree)
    arranged = Arranger(lambda array: 0).arrange(found)
    difference = expand_all(normal(arranged) - found)
    # sums over a common denominator: power_of_sum clears it
    assert len(difference) < 2 or not power_of_sum(difference, 1)
    assert difference.single() is None


@given(TREES, st.randoms(use_true_random=False))
def test_the_order_of_terms_does_not_matter(tree: Expr, random_: random.Random) -> None:
    assert normal(_shuffled(tree, random_)) == normal(tree)


@given(TREES)
def test_normal_is_idempotent(tree: Expr) -> None:
    once = Arranger(lambda array: 0).arrange(normal(tree))
    again = Arranger(lambda array: 0).arrange(normal(once))
    assert again == once


def _shuffled(tree: Expr, random_: random.Random) -> Expr:
    if not isinstance(tree, Add | Mul):
        return tree
    args = [_shuffled(x, random_) for x in tree.args]
    random_.shuffle(args)
    return tree.func(*args, evaluate=False)


@pytest.mark.parametrize("sizes", [(n, n), (n, m)])
def test_a_sum_over_many_indices_is_one_object_in_any_order(sizes: tuple[Expr, Expr]) -> None:
    x, v = Array("x", sizes), Array("v", (n,))
    forms = set()
    for seed in range(12):
        f, g, h, c, d, e = (fresh_index(size) for size in sizes * 3)
        body = x[f, g] * x[f, c] * x[h, c] * x[h, e] * x[d, e] * x[d, g] * v[f,]
        bound = [f, g, h, c, d, e]
        random.Random(seed).shuffle(bound)
        forms.add(normal(IndexSum(body, *bound)))
    assert len(forms) == 1


def test_no_sign_is_left_in_a_sum() -> None:
    """x_i - x_j is -(x_j - x_i), and which of them stands in a sum depends on names."""
    x, A = Array("x", (n,)), Array("A", (n, n))
    one, two, r = fresh_index(n), fresh_index(n), fresh_index(n)
    for a, b in ((one, two), (two, one)):
        for matrix in (A[a, b], A[b, a]):
            gap = Add(x[a,], Mul(-1, x[b,], evaluate=False), evaluate=False)
            less = Add(x[b,], Mul(-1, x[a,], evaluate=False), evaluate=False)
            first, second = (normal(IndexSum(g * matrix, a, b)) for g in (gap, less))
            assert first == second.scale(-1)
            found = normal(IndexSum(Mul(gap, matrix, evaluate=False), a, b))
            assert all(p.single()[1] == 1 for t in found.atoms() for p in t.args if p.single())
            found = normal(IndexSum(Mul(gap, matrix, A[a, r], evaluate=False), a))
            assert all(p.single()[1] == 1 for t in found.atoms() for p in t.args if p.single())


def test_a_sum_over_many_axes_has_one_form() -> None:
    """Multiplying out ends: five bound indices and more have an order of their own."""
    f, g, h = Array("f", (m,)), Array("g", (n, m, m)), Index("h", m)
    spread = total((g[i, p, q] * f[p,] - total(g[j, q, h] * f[h,], j, h)) ** 2, i, p, q)
    once = expand_all(normal(spread))
    assert expand_all(once) == once


def test_a_bracket_that_is_divided_by_stays_so_in_powers() -> None:
    """(1/[c])^2 is 1/[c] and no [c], and so is 1/[c] times 1/[c]."""
    bracket = normal(Iverson(S > 0))
    inverse = power(bracket, -1)
    assert inverse != bracket
    assert power(bracket, 2) == bracket
    assert power(inverse, 2) == inverse
    assert inverse * inverse == inverse
    assert power(inverse, -1) == bracket
