"""Jacobians and Hessians: closed forms, and agreement with differences of the forward pass."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from sympy import Integer

from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import Array, Delta, size_symbol
from symbackprop.algebra.normal import normal
from symbackprop.algebra.program import Program
from symbackprop.calculus.hessian import hessian
from symbackprop.calculus.jacobian import jacobian
from symbackprop.calculus.result import Jacobian
from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.text import parse_program
from symbackprop.verify.evaluate import fill
from symbackprop.verify.points import Sampler, rules
from symbackprop.verify.scalars import Digits
from symbackprop.verify.state import State
from tests.calculus.closed_forms import closed_form

SIZES = {size_symbol(n): s for n, s in {"n": 3, "m": 2, "N": 2, "D": 3}.items()}
DIGITS, STEP = 90, 20
SHAPES: dict[str, tuple[str, ...]] = {
    "a": ("n",), "t": ("n",), "X": ("N", "D"), "w": ("D",), "r": ("N",), "A": ("n", "n"), "s": (),
    "W": ("n", "m"), "B": ("N", "n"),
}  # fmt: skip
SOFTMAX = "y = exp(a)/sum(exp(a))"
CE = f"{SOFTMAX}; L = -sum(t*log(y))"
LOGISTIC = "p = 1/(1 + exp(-X @ w)); L = -sum(r*log(p) + (1 - r)*log(1 - p))"


def program(text: str, names: str, assume: tuple[str, ...] = ()) -> Program:
    return parse_program(text, {n: SHAPES[n] for n in names.split()}, assume=assume)


def measured(p: Program, found: Jacobian) -> None:
    """Compare every entry with differences of the forward pass in many digits."""
    point = Sampler(p, 7).draw(SIZES, "ordinary", 0)
    digits = Digits(DIGITS)
    h = digits.mp.mpf(10) ** -STEP
    inputs = {a: {k: digits.number(x) for k, x in v.items()} for a, v in point.values.items()}

    def values(target: Array, *moved: tuple[Array, tuple[int, ...]]) -> dict[Any, Any]:
        arrays = {a: dict(v) for a, v in inputs.items()}
        for array, place in moved:
            arrays[array][place] = arrays[array][place] + h
        state = State(digits, SIZES, arrays)
        fill(state, rules(p))
        return dict(state.arrays[target])

    shown = State(digits, SIZES, inputs)
    fill(shown, rules(p))
    rows_and_columns = (*found.rows, *found.columns)
    table = Array("found", tuple(i.size for i in rows_and_columns))
    fill(shown, [(table, rows_and_columns, found.expr)])
    base = values(found.loss or found.of)
    for row, column in product(inputs.get(found.of, base), inputs[found.wrt]):
        after = values(found.loss or found.of, (found.wrt, column))
        if found.loss is None:
            exact = (after[row] - base[row]) / h
        else:
            both = values(found.loss, (found.of, row), (found.wrt, column))
            aside = values(found.loss, (found.of, row))
            exact = (both[()] - after[()] - aside[()] + base[()]) / h**2
        got = shown.arrays[table][(*row, *column)]
        assert abs(got - exact) < 1e-12 * max(1, abs(exact)), (row, column)


JACOBIANS = [
    (SOFTMAX, "a", "y", "a"),
    ("y = a - log(sum(exp(a)))", "a", "y", "a"),
    ("z = X @ w; y = tanh(z)", "X w", "y", "w"),
    ("z = X @ w; y = tanh(z)", "X w", "y", "X"),
    ("y = exp(a*s)/sum(exp(a*s))", "a s", "y", "s"),
    ("y = a/sqrt(sum(a**2))", "a", "y", "a"),
    ("y = B*sum(B, axis=1, keepdims=True)", "B", "y", "B"),
    (CE, "a t", "L", "a"),
]


@pytest.mark.parametrize(("text", "names", "of", "wrt"), JACOBIANS)
def test_a_jacobian_is_what_the_forward_pass_does(
    text: str, names: str, of: str, wrt: str
) -> None:
    p = program(text, names)
    measured(p, jacobian(p, of, wrt))


HESSIANS = [
    (CE, "a t", "a", "a"),
    (CE, "a t", "a", "t"),
    (CE, "a t", "t", "t"),
    (LOGISTIC, "X w r", "w", "w"),
    (LOGISTIC, "X w r", "w", "X"),
    ("L = sum((X @ w - r)**2)/2", "X w r", "w", "w"),
    ("L = a @ A @ a", "a A", "a", "a"),
    ("L = a @ A @ a", "a A", "A", "a"),
    ("L = log(sum(exp(a)))", "a", "a", "a"),
    ("L = sqrt(sum(a**2))", "a", "a", "a"),
    ("L = sum(tanh(B)**2)", "B", "B", "B"),
    ("h = tanh(X @ w); L = sum(h*h*r)", "X w r", "w", "w"),
    ("L = s**3*sum(a**2)", "a s", "s", "a"),
    ("L = sum(a**2) + sum(t**2)", "a t", "a", "t"),
]


@pytest.mark.parametrize(("text", "names", "first", "second"), HESSIANS)
def test_a_hessian_is_what_the_forward_pass_does(
    text: str, names: str, first: str, second: str
) -> None:
    p = program(text, names)
    measured(p, hessian(p, first, second))


CLOSED = [
    (CE, "a t", ("sum(t) == 1",), "a", "y[:, None]*(d - y[None, :])"),
    (CE, "a t", (), "a", "sum(t)*y[:, None]*(d - y[None, :])"),
    ("L = a @ A @ a", "a A", (), "a", "A + A.T"),
    ("L = log(sum(exp(a)))", "a", (), "a", "exp(a - L)[:, None]*(d - exp(a - L)[None, :])"),
]


@pytest.mark.parametrize(("text", "names", "assume", "wrt", "expected"), CLOSED)
def test_a_hessian_in_closed_form(
    text: str, names: str, assume: tuple[str, ...], wrt: str, expected: str
) -> None:
    """d stands for the Kronecker delta; it is put in by its two values."""
    p = program(text, names, assume)
    found = hessian(p, wrt)
    arrays = [*p.inputs, *(x.array for x in p.definitions)]
    for equal in (0, 1):
        indices = (*found.rows, *found.columns)
        want = closed_form(expected.replace("d", str(equal)), arrays, indices)
        got = found.expr.xreplace({e: Integer(equal) for e in found.expr.atoms(Delta)})
        assert not expand_all(normal(got) - normal(want))
    assert [f.text for f in found.facts if f.declared] == list(assume)


def test_a_declared_equation_is_not_differentiated() -> None:
    """With Σ t = 1 the gradient is y - t, but its derivative in t is y - δ, not -δ."""
    assumed, free = program(CE, "a t", ("sum(t) == 1",)), program(CE, "a t")
    first, second = hessian(assumed, "a", "t"), hessian(free, "a", "t")
    measured(free, second)
    assert str(normal(first.expr).terms.values()) == str(normal(second.expr).terms.values())
    assert first.facts == ()


def test_what_cannot_be_asked() -> None:
    with pytest.raises(InputError, match="no single scalar output"):
        hessian(program(SOFTMAX, "a"), "a")
    with pytest.raises(UnknownNameError, match="no array 'b'"):
        hessian(program(CE, "a t"), "b")
    with pytest.raises(InputError, match="y does not depend on t"):
        jacobian(program(CE, "a t"), "y", "t")
