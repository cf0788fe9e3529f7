"""Equal forms multiplied out: the laws, that each form is true, that different ones do not meet."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sympy import Expr, Integer, Pow, S

from symbackprop.algebra.nodes import Array, Delta, Index, IndexSum, size_symbol
from symbackprop.algebra.unevaluated import plus, times, unordered
from symbackprop.calculus.bridge import FACTORED, NESTED
from symbackprop.calculus.deltas import PICKS, SPLITS, SPREADS
from symbackprop.calculus.multiplied import multiplied
from symbackprop.calculus.tidy import CANCELS
from symbackprop.frontend.text import parse_program
from tests.emit.values import value

AT = {
    "a": np.array([0.3, -1.2, 0.8]), "b": np.array([1.4, 0.6, -0.7]),
    "B": np.array([[0.5, -0.2, 1.1], [0.9, 2.0, -0.4], [-1.3, 0.1, 0.7]]), "u": np.array(0.4),
    "v": np.array(-1.6),
}  # fmt: skip
SHAPES = {"a": ("D",), "b": ("D",), "B": ("D", "D"), "u": (), "v": ()}
SIZES = {"D": 3}


def expression(text: str) -> Expr:
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", text)}
    return parse_program(f"z = {text}", shapes).definitions[0].expr


CASES = [
    ("u*(sum(a) + v)", "(v + sum(a))*u", [SPREADS, FACTORED]),
    ("sum(a*sum(B*(u + v), axis=1))", "u*sum(a[:, None]*B) + v*sum(a[:, None]*B)",
     [SPREADS, SPLITS, SPREADS, SPLITS, NESTED]),
    ("sum((a + u)*(b - v))", "sum(a*b) - v*sum(a) + u*sum(b) - sum(u*v + 0*a)",
     [SPREADS, SPLITS, NESTED]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "laws"), CASES)
def test_forms_meet_by_laws(before: str, after: str, laws: list[str]) -> None:
    first, last = expression(before), expression(after)
    path = multiplied(first, last)
    assert path is not None
    assert [law for law, _ in path] == laws
    assert unordered(path[-1][1]) == unordered(last)
    for _, form in path:
        assert value(form, AT, {}) == pytest.approx(value(first, AT, {}))


def with_delta(sign: int) -> tuple[Expr, Expr]:
    """Σ_jk (δ_jk/a_j - B_jk)(a_j u + b_k), and what it is multiplied out; its last term signed."""
    a, b, B, u = (Array(n, tuple(map(size_symbol, SHAPES[n]))) for n in ("a", "b", "B", "u"))
    j, k = (Index(n, size_symbol("D")) for n in "jk")
    first = plus(times(Delta(j, k), Pow(a[j,], -1, evaluate=False)), times(S.NegativeOne, B[j, k]))
    second = plus(times(a[j,], u[()]), b[k,])
    return IndexSum(times(first, second), j, k), plus(
        IndexSum(u[()], j), IndexSum(times(b[j,], Pow(a[j,], -1, evaluate=False)), j),
        IndexSum(times(S.NegativeOne, u[()], a[j,], B[j, k]), j, k),
        IndexSum(times(Integer(sign), B[j, k], b[k,]), j, k),
    )


def test_deltas_are_used_up_on_the_way() -> None:
    first, last = with_delta(-1)
    path = multiplied(first, last)
    assert path is not None
    assert [law for law, _ in path] == [SPREADS, SPLITS, PICKS, CANCELS]
    for _, form in path:
        assert value(form, AT, {}) == pytest.approx(value(first, AT, {}))


def test_different_values_do_not_meet() -> None:
    assert multiplied(*with_delta(1)) is None
    assert multiplied(expression("u*(sum(a) + v)"), expression("u*(sum(a) - v)")) is None
    assert multiplied(expression("sum(a)*sum(b)"), expression("sum(a*b)")) is None


def test_what_becomes_too_long_is_not_multiplied_out() -> None:
    wide = expression("*".join(f"(u + v + {n})" for n in range(1, 7)))
    assert multiplied(wide, wide) is None
