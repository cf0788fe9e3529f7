"""The cost of an expression: products of matrices, shared parts, differences that lose digits."""

from __future__ import annotations

import pytest
from sympy import Integer

from symbackprop.algebra.cost import CONTRACTION, RISK, cost
from symbackprop.algebra.nodes import Array, Index, IndexSum, size_symbol

N, D, M = (size_symbol(name) for name in "NDM")
R, J, K = Index("i", N), Index("j", D), Index("k", M)
X, Y, W = Array("x", (N, D)), Array("y", (N, D)), Array("w", (D, M))
A, S = Array("a", (N,)), Array("s", (N,), ">0")


def test_a_product_of_matrices_is_cheaper_than_its_multiplications() -> None:
    product = IndexSum(X[R, J] * W[J, K], J)
    assert cost(product) == pytest.approx(CONTRACTION * 100**3, rel=0.01)


def test_a_masked_matrix_is_multiplied_first() -> None:
    masked = IndexSum(X[R, J] * Y[R, J] * W[J, K], J)
    assert cost(masked) == pytest.approx(100**2 + CONTRACTION * 100**3, rel=0.01)


def test_three_factors_of_one_matrix_are_no_product_of_matrices() -> None:
    g = Array("g", (D,))
    assert cost(IndexSum(X[R, J] * Y[R, J] * g[J,], J)) == pytest.approx(3 * 100**2, rel=0.02)


def test_taking_away_what_may_be_large_costs_more() -> None:
    plain = cost(A[R,] + A[R,] * A[R,])
    assert cost(A[R,] * A[R,] - A[R,]) == pytest.approx(plain + RISK * 100, rel=0.01)
    assert cost(Integer(1) - S[R,]) == pytest.approx(100, rel=0.05)
