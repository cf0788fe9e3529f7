"""Text of every node, in ASCII and Unicode, and whole derivations at 80 columns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Abs, And, Expr, Integer, Not, Pow, Rational, S, exp, log, sign, tanh
from sympy.core.relational import Ge, Gt, Lt, Ne

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
    size_symbol,
)
from symbackprop.calculus.result import Backward
from symbackprop.emit.jacobian_page import jacobian_page
from symbackprop.emit.page_text import WIDTH, page_text
from symbackprop.emit.result_page import result_page
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter
from symbackprop.errors import NotYet
from tests.emit.derivations import AFFINE, CE, SOFTMAX, SOFTMAX_JACOBIAN, SOFTMAX_PROGRAM, add, mul

n = size_symbol("n")
j, k = Index("j", n), Index("k", n)
A, B = Array("a", (n,)), Array("b", (n,))
a, b, b_j, s = A[k,], B[k,], B[j,], Array("s")[()]
W = Array("W1", (n, n))[j, k]
minus_one = Integer(-1)


def text(backward: Backward, *, unicode: bool = True) -> str:
    return page_text(result_page(backward), unicode)


def over(x: Expr, y: Expr) -> Expr:
    return mul(x, Pow(y, -1, evaluate=False))


FORMS: list[tuple[Expr, str, str]] = [
    (W, "W1[j,k]", "W1[j,k]"),
    (s, "s", "s"),
    (mul(Integer(2), a, b), "2*a[k]*b[k]", "2·a[k]·b[k]"),
    (add(mul(minus_one, a), b), "b[k] - a[k]", "b[k] - a[k]"),
    (mul(minus_one, add(a, b)), "-(a[k] + b[k])", "-(a[k] + b[k])"),
    (mul(Integer(2), add(a, b)), "2*(a[k] + b[k])", "2·(a[k] + b[k])"),
    (over(add(a, b), n), "(a[k] + b[k])/n", "(a[k] + b[k])/n"),
    (over(a, mul(b, s)), "a[k]/(b[k]*s)", "a[k]/(b[k]·s)"),
    (mul(Rational(1, 2), a), "a[k]/2", "a[k]/2"),
    (mul(Rational(1, 100), a), "0.01*a[k]", "0.01·a[k]"),
    (Pow(a, 2), "a[k]^2", "a[k]^2"),
    (Pow(a, Rational(3, 2)), "a[k]^(3/2)", "a[k]^(3/2)"),
    (Pow(a, Rational(-1, 2)), "1/sqrt(a[k])", "1/sqrt(a[k])"),
    (Pow(add(a, b), 2, evaluate=False), "(a[k] + b[k])^2", "(a[k] + b[k])^2"),
    (IndexSum(mul(A[j,], b_j), j), "sum_j a[j]*b[j]", "Σ_j a[j]·b[j]"),
    (IndexSum(add(A[j,], b_j), j), "sum_j (a[j] + b[j])", "Σ_j (a[j] + b[j])"),
    (IndexSum(W, j, k), "sum_j,k W1[j,k]", "Σ_j,k W1[j,k]"),
    (mul(IndexSum(b_j, j), a), "(sum_j b[j])*a[k]", "(Σ_j b[j])·a[k]"),
    (Pow(IndexSum(b_j, j), 2), "(sum_j b[j])^2", "(Σ_j b[j])^2"),
    (over(a, IndexSum(b_j, j)), "a[k] / sum_j b[j]", "a[k] / Σ_j b[j]"),
    (over(IndexSum(b_j, j), n), "(1/n)*sum_j b[j]", "(1/n)·Σ_j b[j]"),
    (IndexMax(b_j, j), "max_j b[j]", "max_j b[j]"),
    (IndexMax(add(b_j, s), j), "max_j (b[j] + s)", "max_j (b[j] + s)"),
    (mul(exp(a), log(b)), "exp(a[k])*log(b[k])", "exp(a[k])·log(b[k])"),
    (add(tanh(a), sign(b)), "tanh(a[k]) + sign(b[k])", "tanh(a[k]) + sign(b[k])"),
    (Abs(a), "abs(a[k])", "abs(a[k])"),
    (Maximum(a, S.Zero), "max(a[k], 0)", "max(a[k], 0)"),
    (Minimum(a, b), "min(a[k], b[k])", "min(a[k], b[k])"),
    (Delta(j, k), "delta(j,k)", "δ(j,k)"),
    (Iverson(Ge(a, 0)), "[a[k] >= 0]", "[a[k] ≥ 0]"),
    (Iverson(Not(Ne(a, b), evaluate=False)), "[~(a[k] != b[k])]", "[¬(a[k] ≠ b[k])]"),
    (Iverson(And(Gt(a, 0), Lt(a, 1))), "[(a[k] > 0) & (a[k] < 1)]",
     "[(a[k] > 0) ∧ (a[k] < 1)]"),
    (Where(Gt(a, 0), a, mul(s, a)), "where(a[k] > 0, a[k], s*a[k])",
     "where(a[k] > 0, a[k], s·a[k])"),
    (mul(S.Pi, a), "pi*a[k]", "π·a[k]"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "ascii_form", "unicode_form"), FORMS, ids=[f[1] for f in FORMS])
def test_expressions(expr: Expr, ascii_form: str, unicode_form: str) -> None:
    assert TextPrinter(ASCII).show(expr) == ascii_form
    assert TextPrinter(UNICODE).show(expr) == unicode_form


def test_a_node_without_text_is_refused() -> None:
    with pytest.raises(NotYet, match="ImaginaryUnit"):
        TextPrinter(ASCII).show(S.ImaginaryUnit)


def test_a_scalar_loss() -> None:
    assert text(CE) == """softmax-ce

inputs
  a (n), t (n)

forward
  y[k] = exp(a[k]) / Σ_j exp(a[j])    (n)
  L = -Σ_k t[k]·log(y[k])             scalar

backward
  da[k] = y[k] - t[k]    ∂L/∂a

using
  Σ_k t[k] = 1    assumed
"""


def test_an_upstream_gradient_in_ascii() -> None:
    shown = text(SOFTMAX, unicode=False)
    assert shown.isascii()
    assert "  given dy = dL/dy, for a scalar L computed from y\n" in shown
    assert "  da[k] = y[k]*(dy[k] - sum_j dy[j]*y[j])    dL/da\n" in shown
    assert shown.endswith("notes\n  at a = 0 the slope is that of a > 0, 50% of them\n")


def test_remarks_stand_in_a_column() -> None:
    lines = [line for line in text(AFFINE).splitlines() if "∂L/∂" in line and "given" not in line]
    assert len(lines) == 3
    assert len({line.index("∂L/∂") for line in lines}) == 1


def test_a_loss_called_otherwise_when_l_is_taken() -> None:
    taken = Array("L", (n,))
    program = replace(SOFTMAX.program, inputs=(*SOFTMAX.program.inputs, taken))
    shown = text(replace(SOFTMAX, program=program))
    assert "given dy = ∂loss/∂y, for a scalar loss" in shown


def test_a_jacobian_by_cases() -> None:
    shown = page_text(jacobian_page(SOFTMAX_JACOBIAN, SOFTMAX_PROGRAM))
    assert shown.endswith("""Jacobian
  ∂y[j]/∂a[k] = y[j]·(δ(j,k) - y[k])
  ∂y[j]/∂a[k] = y[j]·(1 - y[j])         j = k
  ∂y[j]/∂a[k] = -y[j]·y[k]              j ≠ k
  ∂y/∂a = diag(y) - y yᵀ

notes
  vectors are columns
""")


@pytest.mark.parametrize("unicode", [True, False])
def test_long_lines_break_at_their_outermost_operators(unicode: bool) -> None:
    long = [Array(f"a_rather_long_name_{m}", (n,))[k,] for m in range(9)]
    expr = add(*(mul(x, add(x, minus_one)) for x in long))
    step = replace(CE.steps[0], indices=(k,), expr=expr)
    shown = text(replace(CE, steps=(step,)), unicode=unicode)
    body = shown[shown.index("backward") :].splitlines()[1:]
    assert all(len(line) <= WIDTH for line in body)
    pieces = [line.strip() for line in body if "rather" in line]
    assert len(pieces) == 9
    assert all(piece.startswith("+ ") for piece in pieces[1:])
    assert all(piece.count("(") == piece.count(")") for piece in pieces)
