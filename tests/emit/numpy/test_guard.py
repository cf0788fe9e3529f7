"""Branches that are not taken: no warning, and only where a function can fail is it guarded."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Add, Mul, Rational, S, exp, log

from symbackprop import derive
from symbackprop.algebra.nodes import (
    Array,
    Index,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
    size_symbol,
)
from symbackprop.emit.numpy.masks import joined, saturated
from symbackprop.emit.numpy.scopes import Supports, branch_only

X = {"x": ("n",)}
XW = {"x": ("n",), "w": ("n",)}
ROWS = {"x": ("N", "n"), "w": ("N", "n")}

# text, shapes, and code that the module must have
GUARDED = {
    "exp": ("y = where(x > 0, x**2, exp(x))", X, [
        "y = np.where(x > 0, x**2, np.exp(np.minimum(x, 0)))",
        "dx = dy * np.where(x > 0, 2 * x, y)"]),
    "elu": ("y = where(x > 0, x, exp(x) - 1)", X, [
        "y = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))"]),
    "elu by names": ("e = exp(x); neg = 2*(e - 1); y = where(x > 0, x, neg)", X, [
        "y = np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0)))"]),
    "elu with a weight": ("neg = w*(exp(x) - 1); y = where(x > 0, x, neg)", XW, [
        "u = np.expm1(np.minimum(x, 0))", "dx = dy * np.where(x > 0, 1, w + w * u)"]),
    "elu in a power": ("p = where(x > 0, x, exp(x) - 1); y = (p + w)**2", XW, [
        "p = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))", "y = (p + w) ** 2"]),
    "elu by minimum": ("y = maximum(x, 0) + minimum(exp(x) - 1, 0)", X, [
        "np.exp(np.minimum(x, 0))"]),
    "celu": ("y = maximum(x, 0) + minimum(c*(exp(x/c) - 1), 0)", {**X, "c": ()}, [
        "np.expm1(np.minimum(x / c, 0))"]),
    "max of a falling exponential": ("y = maximum(1 - exp(x), 0)*x", X, [
        "np.expm1(np.minimum(x, 0))"]),
    "log": ("y = where(x > 0, log(x), 0)", X, [
        "y = np.where(mask, np.log(np.where(mask, x, 1)), 0)",
        "dx = np.where(mask, dy / np.where(mask, x, 1), 0.0)"]),
    "log above 1": ("y = where(x > 1, log(x), x)", X, ["np.log(np.maximum(x, 1))"]),
    "log of a harmless branch": ("y = where(x > 0, log(where(x > 0, x, -1)), 0)*w", XW, []),
    "log of a better branch": ("y = where(x > 0, log(where(x > 0, x, 1)), 0)*w", XW, []),
    "root": ("y = where(x > 0, sqrt(x), x)", X, [
        "y = np.where(x > 0, np.sqrt(np.maximum(x, 0)), x)"]),
    "quotient": ("y = where(abs(x) > 1, 1/x, x)", X, ["1 / np.where(mask, x, 1)"]),
    "quotient below": ("y = where(x < -2, 1/x, x)", X, ["1 / np.minimum(x, -2)"]),
    "power": ("y = where(x > 0, x**w, 0)", XW, ["np.where(mask, x, 1) ** w"]),
    "fractional power": ("y = where(x > 0, x**1.5, 0)", X, ["np.maximum(x, 0) ** 1.5"]),
    "entropy": ("L = sum(where(x > 0, x*log(x), 0))", X, ["np.log(np.where(mask, x, 1))"]),
    "mask times factors": ("y = where(x > 0, log(x), 0)*where(x < 5, exp(x), w)", XW, []),
    "mask in a factor": ("e = exp(x); r = where(x > 0, 0, w); y = r*e", XW, [
        "y = r * np.exp(np.minimum(x, 0))"]),
    "nested": ("y = where(x > 0, where(x > 3, log(x - 2), sqrt(x)), exp(x))", X, [
        "np.log(np.maximum(x - 2, 1))"]),
    "masked softmax": (
        "e = where(w > 0, exp(x), 0); y = e/sum(e, axis=1, keepdims=True)", ROWS,
        ["m = np.max(np.where(mask, x, np.nanmin(x)), axis=1, keepdims=True)"]),
    "masked logsumexp": ("L = log(sum(where(w > 0, exp(x), 0)))", XW, []),
    "safe norm": ("s = sqrt(sum(x**2)); y = where(s > 1, x/s, x)", X, ["x / np.maximum(s, 1)"]),
    "sigmoid by branches": ("y = where(x > 0, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))", X, [
        "y = np.exp(np.minimum(0, x)) / (1 + np.exp(-np.abs(x)))"]),
}  # fmt: skip
POSITIVE = {"celu": ["c > 0"]}


@pytest.mark.parametrize("name", GUARDED)
def test_guarded_modules_are_right_and_silent(name):
    text, shapes, lines = GUARDED[name]
    wrt = ["x"] if name.startswith("masked") else None
    derivation = derive(text, shapes=shapes, assume=POSITIVE.get(name), wrt=wrt)
    source = derivation.numpy_source()
    for line in lines:
        assert line in source
    report = derivation.verify()
    assert report.ok, report.table()


UNGUARDED = [
    ("y = where(x > 0, x, 0.1*x)", X, "y = np.where(x > 0, x, 0.1 * x)"),
    ("y = where(x > 0, x, 0.1*x)", X, "dx = dy * np.where(x > 0, 1, 0.1).astype(x.dtype)"),
    ("y = where(x > 0, x**2, x**3)", X, "y = np.where(x > 0, x**2, x**3)"),
    ("y = where(x > 0, tanh(x), exp(-x**2))", X,
     "y = np.where(x > 0, np.tanh(x), np.exp(-x**2))"),
    ("y = where(x > 0, log(1 + x**2), 1/(1 + x**2))", X,
     "y = np.where(x > 0, np.log1p(u), 1 / (1 + u))"),
    ("y = where(x > 20, x, log(1 + exp(x)))", X, "y = np.where(x > 20, x, np.logaddexp(0, x))"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shapes", "line"), UNGUARDED)
def test_what_cannot_fail_is_not_guarded(text, shapes, line):
    assert line + "  #" in derive(text, shapes=shapes).numpy_source()


def test_what_is_needed_everywhere_is_not_unfolded():
    source = derive("l = log(x + 2); y = where(x > 0, l, x)*l", shapes=X).numpy_source()
    assert source.count("np.log(") == 1
    assert "l = np.log(x + 2)  #" in source


def test_a_missing_value_stays_missing():
    for text in ("y = where(x > 0, x, exp(x) - 1)", "y = where(x > 0, x, log(2 - x))"):
        out, _ = derive(text, shapes=X).compile().forward(np.array([np.nan, -1.0]))
        assert np.isnan(out[0])
        assert np.isfinite(out[1])


n = size_symbol("n")
i, j = Index("i", n), Index("j", n)
x, w, c = Array("x", (n,)), Array("w", (n,)), Array("c", ())
mask, other = x[i,] > 0, x[i,] <= 0


def plus(*terms):
    return Add(*terms, evaluate=False)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (plus(Iverson(mask), Iverson(other) * w[i,]), Where(mask, S.One, w[i,])),
        (plus(Iverson(other) * w[i,], Iverson(mask)), Where(mask, S.One, w[i,])),
        (plus(1, -Iverson(mask)), Iverson(other)),
        (plus(Iverson(mask), -1), -Iverson(other)),
        (plus(2, -Iverson(mask)), None),
        (plus(Iverson(mask) * w[i,], c[()], Iverson(other)),
         plus(Where(mask, w[i,], S.One), c[()])),
        (plus(Iverson(mask), Iverson(x[i,] < 0)), None),
        (plus(Iverson(mask), Iverson(x[j,] <= 0)), None),
    ],
)  # fmt: skip
def test_complementary_masks_are_joined(expr, expected):
    assert joined(expr) == (expr if expected is None else expected)


def test_support():
    supports = Supports()
    supports.define(w[i,], Mul(Iverson(mask), c[()]))
    assert supports.support(w[j,] * c[()]) == ((x[j,] > 0, True),)
    assert supports.support(Where(mask, S.Zero, c[()])) == ((mask, False),)
    assert supports.support(Where(mask, w[j,], S.Zero)) == ((mask, True), (x[j,] > 0, True))
    assert supports.support(Where(mask, S.One, w[i,])) == ()
    assert supports.support(1 / w[i,]) == ()
    assert supports.support(c[()] + w[i,]) == ()


def test_definitions_that_only_count_in_branches():
    e, f, y = (Array(name, (n,)) for name in "efy")
    exprs = {e: exp(x[i,]), f: 2 * e[i,], y: Where(mask, x[i,], f[i,])}
    assert branch_only(Supports(), [y], exprs, []) == {e, f}
    assert branch_only(Supports(), [y], exprs, [e[i,]]) == {f}
    assert branch_only(Supports(), [y, f], exprs, []) == set()
    assert branch_only(Supports(), [y], exprs, [Mul(Iverson(mask), f[i,])]) == {e, f}


def test_bound_indices_do_not_capture_those_of_a_condition():
    seen = []

    def note(node, known):
        if isinstance(node, exp):
            seen.append((node, known))
        return node

    Supports().rebuilt(Where(mask, IndexSum(exp(x[i,]), i), S.Zero), note)
    ((power, known),) = seen
    assert known == ((mask, True),)
    assert not power.free_symbols & mask.free_symbols - {x}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (Minimum(exp(x[i,]) - 1, S.Zero), exp(Minimum(x[i,], S.Zero)) - 1),
        (Minimum(S.Zero, 3 * exp(x[i,]) - 3), 3 * exp(Minimum(x[i,], S.Zero)) - 3),
        (Maximum(2 - exp(x[i,]), S.One), 2 - exp(Minimum(x[i,], S.Zero))),
        (Minimum(exp(x[i,]) + 1, S.Zero), None),
        (Maximum(exp(x[i,]) - 1, S.Zero), None),
        (Minimum(c[()] * (exp(x[i,]) - 1), S.Zero), None),
    ],
)
def test_saturation(expr, expected):
    assert saturated(expr, {}) == expected


def test_saturation_at_another_level():
    found = saturated(Minimum(exp(x[i,]), S(5)), {})
    assert found == exp(Minimum(x[i,], log(5, evaluate=False)), evaluate=False)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (Minimum(2 ** x[i,], S.One), 2 ** Minimum(x[i,], S.Zero)),
        (Minimum(2 ** x[i,], S(2)), 2 ** Minimum(x[i,], S.One)),
        (Minimum(Rational(1, 2) ** x[i,], S.One), 2 ** Minimum(-x[i,], S.Zero)),
        (Minimum((-2) ** x[i,], S.One), None),
    ],
)
def test_saturation_of_powers_of_a_number(expr, expected):
    assert saturated(expr, {}) == expected


def test_conditions_combine():
    text = "y = where((x > 0) & (w > 0), log(x*w), where((x > 3) | (w > 3), exp(x*w), 0))"
    derivation = derive(text, shapes=XW)
    report = derivation.verify()
    assert report.ok, report.table()
    source = derivation.numpy_source()
    assert "np.log(np.where(mask, " in source
    assert "np.exp(np.where(mask2 & ~mask, x * w, 0))" in source
    module = derivation.compile()
    points = np.array([1000.0, -1000.0, 3.5, 0.5, -0.5])
    with np.errstate(all="raise", under="ignore"):
        out, saved = module.forward(*(a.ravel() for a in np.meshgrid(points, points - 0.1)))
        assert all(np.all(np.isfinite(g)) for g in module.backward(saved, np.ones_like(out)))


def test_a_matrix_is_needed_whole_though_its_inverse_counts_in_a_branch():
    text = "Q = (E**2 + 1)**tanh(E); p = inv(Q @ Q.T/10 + eye(3)); L = sum(tril(p)**3)"
    derivation = derive(text, shapes={"E": (3, 2)})
    report = derivation.verify()
    assert report.ok, report.table()
    assert "np.linalg.inv(M)" in derivation.numpy_source()
