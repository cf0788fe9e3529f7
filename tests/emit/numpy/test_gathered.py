"""A difference of sums over examples is summed as differences, which have forms of their own."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf
from sympy import Add, Expr, S, Symbol

import symbackprop as sb
from symbackprop.algebra.nodes import Array, Index, IndexSum
from symbackprop.emit.numpy.gathered import Gathered
from symbackprop.emit.numpy.line import Line
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
TEXT = (
    "z = u[:, None]*w; y = exp(z)/sum(exp(z), axis=1, keepdims=True); L = {sign}sum(t*log(y))"
)
SHAPES = {"u": ("n",), "w": ("k",), "t": ("n", "k")}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_sure_and_right_examples(sign: str, target: str) -> None:
    """With w alone asked for there is no step for y - t: both sums are 1, or nearly."""
    found = sb.derive(TEXT.format(sign=sign), shapes=SHAPES, wrt=("w",),
                      assume=("sum(t, axis=1) == 1",))  # fmt: skip
    assert any(isinstance(s.expr, Add) for s in found.backward.steps)
    given = {"u": np.array([1.0, -1.25]), "w": np.array([40.0, 0]), "t": np.eye(2)}
    names = [a.name for a in found.backward.program.inputs]
    got = found.compile(target, exact=True).value_and_grad(*(given[n] for n in names))[1].w
    with mp.workdps(200):
        want = (1 / (1 + mp.exp(40)) + mpf(1.25) / (1 + mp.exp(50))) * (-1 if sign else 1)
    np.testing.assert_allclose(got, [float(want), -float(want)], rtol=4e-15)


N, K = Symbol("N"), Symbol("K")
ROW, J, COL = Index("i", N), Index("j", N), Index("m", K)
Y, T, C, V = Array("y", (N, K)), Array("t", (N, K)), Array("c", (N,)), Array("v", (N,))


def total(c: Expr, of: Array, j: Index = ROW) -> Expr:
    """Σ_j c_j of_jk"""
    return IndexSum(c.xreplace({ROW: j}) * of[j, COL], j)


OURS, OTHERS = C[(ROW,)], V[(ROW,)]
SUMS: dict[str, tuple[Expr, bool]] = {
    "as it is": (total(OURS, Y) - total(OURS, T, J), True),
    "the other way": (total(OURS, T) - total(OURS, Y, J), True),
    "beside another": (OTHERS + total(OURS, Y) - total(OURS, T, J), True),
    "no minus": (total(OURS, Y) + total(OURS, T, J), False),
    "other factors": (total(OURS, Y) - total(OTHERS, T, J), False),
    "another power": (total(OURS**2, Y) - total(OURS, T, J), False),
    "two inputs": (IndexSum(OURS * OTHERS, ROW) - total(OURS, T, J), False),
    "its square": (total(OURS, Y) - total(OURS * Y[ROW, COL], Y), True),
    "its cube": (total(OURS, Y) - total(OURS * Y[ROW, COL] ** 2, Y), False),
    "the square of data": (total(OURS, T) - total(OURS * T[ROW, COL], T), False),
    "other axes": (IndexSum(Y[ROW, COL], COL) - IndexSum(T[J, COL], J), False),
}


@pytest.mark.parametrize("name", SUMS)
def test_which_sums_are_gathered(name: str) -> None:
    expr, gathered = SUMS[name]
    forms = Gathered({Y: Line(Y, (ROW, COL), S.One)}, [T, C, V])
    found = forms.of(expr)
    assert (found != expr) == gathered == bool(forms.written)
    if gathered:
        assert len(found.atoms(IndexSum)) == 1
