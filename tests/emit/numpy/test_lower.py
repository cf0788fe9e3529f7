"""Every lowering against loops over indices, and the code it should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Add, Expr, Integer, Mul, Pow, Rational, S, exp, log, pi, sign, sqrt, tanh

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
    size_symbol,
)
from symbackprop.emit.numpy import numpy_expression
from tests.emit.numpy.loops import Loops, relative_error

N, D, M = (size_symbol(s) for s in "NDM")
i, k = Index("i", N), Index("k", N)
d, e = Index("d", D), Index("e", D)
m, p = Index("m", M), Index("p", M)
X, Y = Array("X", (N, D)), Array("Y", (N, D), ">0")
W, Z, Q = Array("W", (D, M)), Array("Z", (N, M)), Array("Q", (N, N))
a, y, t = Array("a", (N,)), Array("y", (N,), ">0"), Array("t", (N,))
b, v = Array("b", (M,)), Array("v", (D,))
kept, row, c = Array("kept", (N, S.One)), Array("row", (S.One, D)), Array("c", (), ">0")
T3, U3, F = Array("T3", (N, D, M)), Array("U3", (N, M, D)), Array("F", (Integer(3),))
P3 = Array("P3", (N, M, N))
f = Index("f", Integer(3))
ARRAYS = (X, Y, W, Z, Q, a, y, t, b, v, kept, row, c, T3, U3, P3, F)
SIZES = [{N: 2, D: 3, M: 4}, {N: 1, D: 2, M: 3}, {N: 3, D: 1, M: 1}]


def plus(*terms: Expr) -> Expr:
    return Add(*terms, evaluate=False)


def mul(*factors: Expr) -> Expr:
    return Mul(*factors, evaluate=False)


def values(sizes: dict, seed: int = 0) -> dict:
    random = np.random.default_rng(seed)
    found = {}
    for array in ARRAYS:
        drawn = random.normal(size=[int(s.subs(sizes)) for s in array.shape])
        found[array] = np.asarray(np.abs(drawn) + 0.5 if array.sign else drawn)
    return found


def computed(expr: Expr, indices: tuple, shape: tuple, sizes: dict, arrays: dict) -> np.ndarray:
    code = numpy_expression(expr, indices, shape)
    names = {"np": np, **{x.name: v for x, v in arrays.items()}}
    names |= {str(s): n for s, n in sizes.items()}
    return np.asarray(eval(code, names))


CASES = [
    (plus(IndexSum(mul(X[i, d], W[d, m]), d), b[m,]), (i, m), "X @ W + b"),
    (IndexSum(mul(X[i, d], Z[i, m]), i), (d, m), "X.T @ Z"),
    (IndexSum(mul(X[i, d], Z[i, m]), i), (m, d), "Z.T @ X"),
    (IndexSum(mul(Z[i, m], W[d, m]), m), (i, d), "Z @ W.T"),
    (IndexSum(mul(v[d,], W[d, m]), d), (m,), "v @ W"),
    (IndexSum(mul(b[m,], W[d, m]), m), (d,), "W @ b"),
    (IndexSum(Z[i, m], i), (m,), "np.sum(Z, axis=0)"),
    (IndexSum(Z[i, m], i, m), (), "np.sum(Z)"),
    (IndexSum(mul(a[i,], t[i,]), i), (), "a @ t"),
    (mul(-1, IndexSum(mul(t[i,], log(y[i,])), i)), (), "-np.sum(t * np.log(y))"),
    (IndexSum(mul(-1, X[i, d], Y[i, d]), d), (i,), "-np.sum(X * Y, axis=1)"),
    (IndexSum(mul(X[i, d], W[d, m], b[m,]), d, m), (i,), "X @ W @ b"),
    (IndexSum(mul(X[i, d], W[d, m], v[d,]), d), (i, m), None),
    (IndexSum(mul(T3[i, d, m], U3[i, m, d]), d, m), (i,), None),
    (IndexSum(mul(T3[i, d, m], X[i, d]), d), (i, m), "np.sum(T3 * X[:, :, None], axis=1)"),
    (IndexSum(mul(T3[i, d, m], U3[k, m, d], Z[i, m]), d, m), (i, k), None),
    (IndexSum(mul(T3[i, d, m], U3[i, p, d]), d), (i, p, m), "U3 @ T3"),
    (IndexSum(mul(T3[i, d, m], P3[i, m, k]), m), (i, d, k), "T3 @ P3"),
    (IndexSum(mul(T3[i, d, m], U3[i, m, e]), m), (i, d, e), "T3 @ U3"),
    (IndexSum(mul(T3[i, d, m], T3[i, e, m]), m), (i, d, e), "T3 @ np.swapaxes(T3, -1, -2)"),
    (IndexSum(mul(T3[i, d, m], T3[i, d, p]), d), (i, m, p), "np.swapaxes(T3, -1, -2) @ T3"),
    (IndexSum(mul(T3[i, d, m], Z[k, m]), m), (i, d, k), "T3 @ Z.T"),
    (IndexSum(mul(T3[i, d, m], X[k, d]), d), (i, k, m), "X @ T3"),
    (IndexSum(mul(T3[i, d, m], X[k, d]), d), (i, m, k), "np.swapaxes(T3, -1, -2) @ X.T"),
    (IndexSum(mul(T3[i, d, m], X[k, d]), d), (k, i, m), None),
    (IndexSum(mul(T3[i, d, m], X[i, d]), d, m), (i,), None),
    (IndexSum(mul(Q[i, i], a[i,]), i), (), None),
    (IndexSum(Q[i, i], i), (), 'np.sum(np.einsum("ii->i", Q))'),
    (mul(a[i,], b[m,]), (i, m), "np.outer(a, b)"),
    (mul(a[i,], b[m,]), (m, i), "np.outer(b, a)"),
    (mul(2, a[i,], b[m,], Z[i, m]), (i, m), "2 * a[:, None] * b * Z"),
    (plus(a[i,], X[i, d]), (i, d), "a[:, None] + X"),
    (plus(X[i, d], mul(-1, v[d,])), (i, d), "X - v"),
    (plus(mul(-1, v[d,]), X[i, d]), (i, d), "X - v"),
    (mul(kept[i,], X[i, d]), (i, d), "kept * X"),
    (mul(kept[i,], a[i,]), (i,), "kept[:, 0] * a"),
    (mul(row[d,], kept[i,]), (i, d), None),
    (plus(row[d,], v[d,]), (d,), None),
    (a[i,], (i, d), "np.broadcast_to(a[:, None], (N, D)).copy()"),
    (v[d,], (i, d), "np.broadcast_to(v, (N, D)).copy()"),
    (c[()], (i, d), "np.broadcast_to(c, (N, D)).copy()"),
    (S.One, (i, d), "np.full((N, D), 1)"),
    (S.Zero, (i,), "np.full((N,), 0)"),
    (mul(Pow(N, -1), IndexSum(X[i, d], i)), (d,), "np.mean(X, axis=0)"),
    (mul(IndexSum(X[i, d], i, d), Pow(N, -1), Pow(D, -1)), (), "np.mean(X)"),
    (mul(Pow(mul(N, D), -1), IndexSum(X[i, d], i, d)), (), "np.mean(X)"),
    (mul(Pow(D, -1), IndexSum(X[i, d], i)), (d,), "np.sum(X, axis=0) / D"),
    (mul(a[i,], Pow(N, -1)), (i,), "a / N"),
    (mul(c[()], a[i,], Pow(N, -1)), (i,), "c / N * a"),
    (mul(Rational(1, 2), a[i,]), (i,), "0.5 * a"),
    (mul(Rational(1, 3), a[i,]), (i,), "a / 3"),
    (mul(Rational(-2, 3), a[i,]), (i,), "-2 / 3 * a"),
    (mul(Rational(11, 10), a[i,]), (i,), "1.1 * a"),
    (mul(pi, a[i,]), (i,), "np.pi * a"),
    (Pow(y[i,], -1), (i,), "1 / y"),
    (Pow(y[i,], -2), (i,), "1 / y**2"),
    (Pow(plus(a[i,], t[i,]), 2), (i,), "(a + t) ** 2"),
    (sqrt(y[i,]), (i,), "np.sqrt(y)"),
    (mul(a[i,], Pow(y[i,], Rational(-1, 2))), (i,), "a / np.sqrt(y)"),
    (Pow(y[i,], Rational(-3, 2)), (i,), "1 / y**1.5"),
    (Pow(y[i,], a[i,], evaluate=False), (i,), "y**a"),
    (Pow(y[i,], c[()], evaluate=False), (i,), "y**c"),
    (mul(a[i,], Pow(mul(y[i,], c[()]), -1)), (i,), None),
    (plus(a[i,], mul(-1, plus(t[i,], y[i,]))), (i,), "a - (t + y)"),
    (mul(-1, plus(t[i,], y[i,])), (i,), "-(t + y)"),
    (Pow(mul(-1, a[i,]), 2, evaluate=False), (i,), "(-a) ** 2"),
    (mul(a[i,], Iverson(t[i,] > 0)), (i,), "np.where(t > 0, a, 0.0)"),
    (mul(Iverson(a[i,] > 0), Z[i, m]), (i, m), "np.where((a > 0)[:, None], Z, 0.0)"),
    (IndexSum(mul(Iverson(X[i, d] > 0), Z[i, m]), i), (d, m), None),
    (Iverson((a[i,] > 0) & (t[i,] <= y[i,])), (i,), None),
    (Iverson((a[i,] > 0) | ~(t[i,] > y[i,])), (i,), None),
    (IndexSum(Iverson(X[i, d] > 0), d), (i,), None),
    (Where(a[i,] > t[i,], X[i, d], v[d,]), (i, d), None),
    (Where(a[i,] > 0, S.One, S.Half), (i,), None),
    (Maximum(X[i, d], S.Zero), (i, d), "np.maximum(X, 0)"),
    (Minimum(a[i,], b[m,]), (i, m), "np.minimum(a[:, None], b)"),
    (IndexMax(X[i, d], d), (i,), "np.max(X, axis=1)"),
    (plus(X[i, d], mul(-1, IndexMax(X[i, e], e))), (i, d), "X - np.max(X, axis=1, keepdims=True)"),
    (plus(X[i, d], mul(-1, log(IndexSum(Y[i, e], e)))), (i, d),
     "X - np.log(np.sum(Y, axis=1, keepdims=True))"),
    (mul(sign(a[i,]), Abs(t[i,]), tanh(a[i,])), (i,), "np.sign(a) * np.abs(t) * np.tanh(a)"),
    (exp(mul(-1, a[i,]), evaluate=False), (i,), "np.exp(-a)"),
    (log(plus(1, y[i,])), (i,), "np.log1p(y)"),
    (log(plus(y[i,], t[i,], S.One)), (i,), "np.log1p(y + t)"),
    (log(plus(1, mul(-1, tanh(a[i,])))), (i,), "np.log1p(-np.tanh(a))"),
    (plus(exp(a[i,]), S.NegativeOne), (i,), "np.expm1(a)"),
    (plus(1, a[i,], mul(-1, exp(t[i,]))), (i,), "a - np.expm1(t)"),
    (plus(1, exp(a[i,])), (i,), "1 + np.exp(a)"),
    (log(plus(1, c[()])), (), "np.log1p(c)"),
    (Delta(i, k), (i, k), "np.eye(N)"),
    (mul(y[i,], plus(Delta(i, k), mul(-1, y[k,]))), (i, k), "np.diag(y) - np.outer(y, y)"),
    (mul(X[i, d], Delta(i, k)), (i, k, d), None),
    (mul(Delta(i, k), Delta(d, e)), (i, d, k, e), None),
    (mul(y[k,], Delta(i, k), a[i,]), (i, k), "np.diag(y * a)"),
    (IndexSum(mul(Delta(i, k), a[i,], Z[i, m]), i), (k, m), None),
    (IndexSum(a[i,], m), (i,), "M * a"),
    (IndexSum(S.One, i, d), (), None),
    (IndexSum(mul(c[()], X[i, d]), i), (d,), "c * np.sum(X, axis=0)"),
    (mul(plus(N, -1), a[i,]), (i,), None),
    (mul(F[f,], a[i,]), (i, f), "np.outer(a, F)"),
    (IndexSum(plus(X[i, d], mul(-1, v[d,])), i), (d,), "np.sum(X - v, axis=0)"),
    (IndexSum(IndexSum(mul(X[i, d], Y[i, d]), d), i), (), "np.sum(X * Y)"),
    (IndexSum(Where(d > D, S.Zero, a[i,]), d), (i,), "D * a"),
    (IndexSum(mul(Where(d > D, S.Zero, a[i,]), v[e,]), d, e), (i,), None),
    (IndexSum(mul(Where(d > D, S.Zero, a[i,]), X[k, d], Z[k, m]), d, k), (i, m), None),
    (IndexSum(mul(Where(d > D, S.Zero, T3[i, e, m]), U3[i, m, e], Z[i, m]), d, e, m),
     (i,), None),
    (IndexSum(mul(Where(d > D, S.Zero, T3[i, e, m]), Where(d > D, S.Zero, X[k, e])), d, e),
     (i, m, k), None),
    (IndexProduct(Where(d > D, S.Zero, a[i,]), d), (i,), "a**D"),
    (X[i, d], (d, i), "X.T"),
    (T3[i, d, m], (m, i, d), "np.transpose(T3, (2, 0, 1))"),
]  # fmt: skip


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("expr", "indices", "code"), CASES)
def test_against_loops(expr, indices, code, sizes):
    shape = tuple(index.size for index in indices)
    if code is not None:
        assert numpy_expression(expr, indices, shape) == code
    arrays = values(sizes)
    expected = Loops(arrays, sizes).table(expr, indices, shape)
    assert relative_error(computed(expr, indices, shape, sizes, arrays), expected) < 1e-13


@pytest.mark.parametrize(
    ("expr", "indices", "shape", "code"),
    [
        (IndexSum(X[i, d], d), (i,), (N, S.One), "np.sum(X, axis=1, keepdims=True)"),
        (a[i,], (i,), (N, S.One), "a[:, None]"),
        (a[i,], (i,), (S.One, N), "a[None]"),
        (kept[i,], (i,), (S.One, N), None),
        (c[()], (), (S.One, S.One), None),
        (mul(2, c[()]), (), (S.One,), None),
        (row[d,], (i, d), (N, D), None),
    ],
)
def test_axes_of_length_one(expr, indices, shape, code):
    if code is not None:
        assert numpy_expression(expr, indices, shape) == code
    for sizes in SIZES:
        arrays = values(sizes)
        expected = Loops(arrays, sizes).table(expr, indices, shape)
        assert relative_error(computed(expr, indices, shape, sizes, arrays), expected) < 1e-13


def test_a_mask_hides_what_is_not_finite():
    expr = mul(Iverson(a[i,] > 0), Pow(a[i,], -1))
    code = numpy_expression(expr, (i,), (N,))
    with np.errstate(divide="ignore"):
        found = eval(code, {"np": np, "a": np.array([0.0, 2.0])})
    assert found.tolist() == [0.0, 0.5]


INDICES = {N: (i, k), D: (d, e), M: (m, Index("l", M))}
LEAVES = (X, Y, W, Z, Q, a, y, b, v, kept, row, c, T3)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> Expr:
    """Random index expressions; free indices are among `INDICES`."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        array = draw(st.sampled_from(LEAVES))
        return array[tuple(draw(st.sampled_from(INDICES[s])) for s in array.axes)]
    inner = expressions(depth - 1)
    kind = draw(st.sampled_from(["add", "mul", "mul", "sum", "sum", "mask", "delta", "unary",
                                 "max", "over", "where"]))  # fmt: skip
    if kind == "add":
        return plus(draw(inner), mul(draw(st.sampled_from([-1, 2, Rational(1, 3)])), draw(inner)))
    if kind == "mul":
        return mul(draw(inner), draw(inner), *draw(st.lists(inner, max_size=1)))
    if kind == "sum":
        size = draw(st.sampled_from([N, D, M]))
        bound = draw(st.lists(st.sampled_from(INDICES[size]), min_size=1, unique=True))
        return IndexSum(mul(draw(inner), draw(inner)), *bound)
    if kind == "mask":
        return mul(Iverson(draw(inner) > 0), draw(inner))
    if kind == "delta":
        return mul(Delta(*INDICES[draw(st.sampled_from([N, D]))]), draw(inner))
    if kind == "max":
        return IndexMax(draw(inner), draw(st.sampled_from([i, d])))
    if kind == "over":
        return mul(draw(inner), Pow(plus(1, Pow(draw(inner), 2, evaluate=False)), -1))
    if kind == "where":
        return Where(draw(inner) > draw(inner), draw(inner), Maximum(draw(inner), S.Zero))
    return tanh(draw(inner), evaluate=False)


@settings(max_examples=100, deadline=None)
@given(expressions(), st.sampled_from(SIZES), st.integers(0, 9))
def test_random_expressions_agree_with_loops(expr, sizes, seed):
    free = tuple(sorted((s for s in expr.free_symbols if isinstance(s, Index)), key=str))
    shape = tuple(index.size for index in free)
    arrays = values(sizes, seed)
    expected = Loops(arrays, sizes).table(expr, free, shape)
    found = computed(expr, free, shape, sizes, arrays)
    assert found.shape == expected.shape
    assert np.allclose(found, expected.astype(float), rtol=1e-9, atol=1e-9)
