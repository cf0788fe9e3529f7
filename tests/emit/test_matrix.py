"""Whole-array notation means what the indices mean, at unequal sizes."""

from __future__ import annotations

from itertools import product
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from sympy import Add, Expr, Integer, Mul, Pow, S, exp, log
from sympy.core.relational import Gt

from symbackprop.algebra.letters import names_of
from symbackprop.algebra.nodes import Array, Delta, Index, IndexSum, Iverson, Maximum
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_matrix import MatrixPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.to_matrix import to_matrix
from tests.emit.arrays import NotFinite, evaluated
from tests.emit.read_matrix import MatrixReader
from tests.emit.trees import COLUMN, ROW, trees, values
from tests.emit.values import SIZES, D, M, N, same, value
from tests.katex import assert_katex

i, j, k, p = Index("i", N), Index("j", D), Index("k", M), Index("p", N)
q = Index("q", N)
s, u, t, v, w = Array("s"), Array("u", (N,)), Array("t", (N,)), Array("v", (D,)), Array("w", (M,))
X, Y, W, K = Array("X", (N, D)), Array("Y", (N, D)), Array("W1", (D, M)), Array("K", (N, N))
ARRAYS = (s, u, t, v, w, X, Y, W, K)


def mul(*factors: Expr) -> Expr:
    return Mul(*factors, evaluate=False)


def add(*terms: Expr) -> Expr:
    return Add(*terms, evaluate=False)


def minus(term: Expr) -> Expr:
    return mul(S.NegativeOne, term)


def inverse(base: Expr) -> Expr:
    return Pow(base, -1, evaluate=False)


Z = IndexSum(mul(X[i, j], W[j, k]), j)
FORMS = [
    (add(Z, w[k,]), (i, k),
     r"\boldsymbol{X} \boldsymbol{W}_{1} + \mathbf{1} \boldsymbol{w}^{\top}"),
    (IndexSum(mul(X[i, j], u[i,]), i), (j,), r"\boldsymbol{X}^{\top} \boldsymbol{u}"),
    (IndexSum(X[i, j], i), (j,), r"\boldsymbol{X}^{\top} \mathbf{1}"),
    (IndexSum(X[i, j], j), (i,), r"\boldsymbol{X} \mathbf{1}"),
    (IndexSum(X[i, j], i, j), (), r"\mathbf{1}^{\top} \boldsymbol{X} \mathbf{1}"),
    (mul(v[j,], u[i,]), (i, j), r"\boldsymbol{u} \boldsymbol{v}^{\top}"),
    (mul(v[j,], u[i,]), (j, i), r"\boldsymbol{v} \boldsymbol{u}^{\top}"),
    (X[i, j], (j, i), r"\boldsymbol{X}^{\top}"),
    (minus(IndexSum(mul(t[i,], log(u[i,])), i)), (),
     r"-\boldsymbol{t}^{\top} \log \boldsymbol{u}"),
    (mul(exp(u[i,]), inverse(IndexSum(exp(u[p,]), p))), (i,),
     r"\frac{\exp\left(\boldsymbol{u}\right)}{\mathbf{1}^{\top} \exp\left(\boldsymbol{u}\right)}"),
    (mul(u[i,], add(Delta(i, p), minus(u[p,]))), (i, p),
     r"\operatorname{diag}\left(\boldsymbol{u}\right) - \boldsymbol{u} \boldsymbol{u}^{\top}"),
    (mul(u[i,], add(t[i,], minus(IndexSum(mul(t[p,], u[p,]), p)))), (i,),
     r"\boldsymbol{u} \odot \left(\boldsymbol{t} "
     r"- \left(\boldsymbol{t}^{\top} \boldsymbol{u}\right) \mathbf{1}\right)"),
    (mul(u[i,], add(S.One, minus(u[i,]))), (i,),
     r"\boldsymbol{u} \odot \left(\mathbf{1} - \boldsymbol{u}\right)"),
    (mul(add(X[i, j], minus(v[j,])), inverse(N)), (i, j),
     r"\frac{\boldsymbol{X} - \mathbf{1} \boldsymbol{v}^{\top}}{N}"),
    (mul(X[i, j], Y[i, j], u[i,], inverse(v[j,])), (i, j),
     r"\operatorname{diag}\left(\boldsymbol{u}\right) \left(\boldsymbol{X} \odot \boldsymbol{Y}"
     r"\right) \operatorname{diag}\left(\boldsymbol{v}\right)^{-1}"),
    (mul(u[i,], inverse(t[i,])), (i,), r"\boldsymbol{u} \oslash \boldsymbol{t}"),
    (IndexSum(mul(u[i,], K[i, p], t[p,]), i, p), (),
     r"\boldsymbol{u}^{\top} \boldsymbol{K} \boldsymbol{t}"),
    (IndexSum(Pow(add(u[i,], minus(t[i,])), 2, evaluate=False), i), (),
     r"\left(\boldsymbol{u} - \boldsymbol{t}\right)^{\top} "
     r"\left(\boldsymbol{u} - \boldsymbol{t}\right)"),
    (IndexSum(mul(X[i, j], Y[i, j]), i, j), (),
     r"\mathbf{1}^{\top} \left(\boldsymbol{X} \odot \boldsymbol{Y}\right) \mathbf{1}"),
    (mul(t[i,], Iverson(Gt(u[i,], S.Zero))), (i,),
     r"\boldsymbol{t} \odot \left[ \boldsymbol{u} > 0 \right]"),
    (Maximum(u[i,], S.Zero), (i,), r"\max\left(\boldsymbol{u}, 0\right)"),
    (Delta(i, p), (i, p), r"\mathbf{I}"),
    (add(IndexSum(Delta(p, q), p, q), u[i,]), (i,),
     r"\left(\mathbf{1}^{\top} \mathbf{1}\right) \mathbf{1} + \boldsymbol{u}"),
    (mul(Integer(2), s[()], u[i,]), (i,), r"2 s \boldsymbol{u}"),
    (Pow(u[i,], 2), (i,), r"\boldsymbol{u}^{\odot 2}"),
]  # fmt: skip


def _table(expr: Expr, free: tuple[Index, ...], arrays: dict[str, np.ndarray]) -> np.ndarray:
    ranges = [range(SIZES[str(f.size)]) for f in free]
    flat = [
        value(expr, arrays, dict(zip((f.name for f in free), place, strict=True)))
        for place in product(*ranges)
    ]
    shape = [len(r) for r in ranges] + [1] * (2 - len(free))
    return np.array(flat).reshape(shape)


@pytest.mark.parametrize(("expr", "free", "expected"), FORMS, ids=[f[2] for f in FORMS])
def test_the_textbook_forms(expr: Expr, free: tuple[Index, ...], expected: str) -> None:
    node = to_matrix(expr, free)
    assert node is not None
    shown = MatrixPrinter(LatexPrinter(Names.of(names_of(expr)))).show(node)
    assert shown == expected
    assert_katex(shown)
    random = np.random.default_rng(3)
    arrays = {
        a.name: random.uniform(0.5, 2.0, [SIZES[str(size)] for size in a.axes]) for a in ARRAYS
    }
    np.testing.assert_allclose(evaluated(node, arrays), _table(expr, free, arrays), rtol=1e-12)


@pytest.mark.parametrize(
    ("expr", "free"),
    [
        (K[i, i], (i,)),
        (IndexSum(exp(add(X[i, j], Y[p, j])), j), (i, p)),
        (mul(X[i, j], W[j, k]), (i, k)),
        (Array("A", (N, D, M))[i, j, k], (i, j, k)),
        (Array("A", (N, D, M))[i, j, k], (i, j)),
    ],
)
def test_no_notation_where_there_is_none(expr: Expr, free: tuple[Index, ...]) -> None:
    assert to_matrix(expr, free) is None


def test_a_delta_inside_a_sum_is_not_spread() -> None:
    inside = add(IndexSum(Delta(p, q), p, q), u[i,])
    node = to_matrix(inside, (i, j))
    assert node is not None
    shown = MatrixPrinter(LatexPrinter(Names.of(names_of(inside)))).show(node)
    assert shown.endswith(r"\mathbf{1}^{\top}")


@settings(max_examples=150, deadline=None)
@given(
    expr=trees(depth=3),
    seed=st.integers(0, 99),
    free=st.sampled_from([(ROW, COLUMN), (COLUMN, ROW)]),
)
def test_random_expressions_keep_their_value(
    expr: Expr, seed: int, free: tuple[Index, ...]
) -> None:
    node = to_matrix(expr, free)
    assume(node is not None)
    assert node is not None
    arrays = values(seed)
    try:
        found = evaluated(node, arrays)
    except NotFinite:
        reject()
    expected = _table(expr, free, arrays)
    assert all(same(x, y) for x, y in zip(found.flat, expected.flat, strict=True))
    shown = MatrixPrinter(LatexPrinter(Names.of(names_of(expr)))).show(node)
    assert_katex(shown)


@settings(max_examples=150, deadline=None)
@given(expr=trees(depth=3), seed=st.integers(0, 99))
def test_matrix_latex_reads_back_as_it_was_meant(expr: Expr, seed: int) -> None:
    node = to_matrix(expr, (ROW, COLUMN))
    assume(node is not None)
    assert node is not None
    shown = MatrixPrinter(LatexPrinter(Names.of(names_of(expr)))).show(node)
    with patch.dict(SIZES, dict.fromkeys(SIZES, 3)), np.errstate(all="ignore"):
        arrays = values(seed)
        try:
            expected = evaluated(node, arrays)
        except NotFinite:
            reject()
        reader = MatrixReader(shown, arrays, 3)
        found = reader.sum()
    assert reader.token == "", shown
    assert found.shape == expected.shape, shown
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7, err_msg=shown)
