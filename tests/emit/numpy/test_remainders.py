"""Rows that share a large term and nearly cancel keep the digits that the sum has lost."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import symbackprop as sb
from symbackprop import Derivation
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
X, G = [2.0**-10 * 1.1, 2.0**-10 * 1.3, -(2.0**-10) * 0.7], [1.0, -2.0, 1.0 + 2.0**-10]
W = 1.2345678901234567  # products with X have digits in all places
SLOPES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "sigmoid": ("1/(1 + exp(-z))", lambda z: mp.exp(-z) / (1 + mp.exp(-z)) ** 2),
    "tanh": ("tanh(z)", lambda z: 1 / mp.cosh(z) ** 2),
    "exp": ("exp(z)", mp.exp),
    "exp of a multiple": ("exp(-2*z)", lambda z: -2 * mp.exp(-2 * z)),
    "exp of a size": ("exp(-abs(z))", lambda z: -mp.sign(z) * mp.exp(-abs(z))),
}


def rows(name: str, total: str = "x*w + b") -> Derivation:
    """The gradient in w is Σ_i g_i x_i f'(x_i w + b)."""
    text = f"z = {total}; y = {SLOPES[name][0]}; L = sum(g*y)"
    return sb.derive(text, shapes={"x": ("n",), "w": (), "b": (), "g": ("n",)}, wrt=("w", "b"))


def ran(found: Derivation, module: Any, given: dict[str, Any]) -> Any:
    names = [a.name for a in found.backward.program.inputs]
    return module.value_and_grad(*(given[n] for n in names))[1]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("b", [-60.0, -7.3, 0.0, 11.1, 60.0, 300.0])
@pytest.mark.parametrize("name", SLOPES)
def test_a_bias_that_rows_share(name: str, b: float, target: str) -> None:
    found = rows(name)
    given = {"x": np.array(X), "w": np.float64(W), "b": np.float64(b), "g": np.array(G)}
    got = ran(found, found.compile(target, exact=True), given)
    with mp.workdps(400):
        slopes = [SLOPES[name][1](mpf(x) * mpf(W) + mpf(b)) for x in X]
        of_b = [mpf(g) * s for g, s in zip(G, slopes, strict=True)]
        of_w = [mpf(x) * p for x, p in zip(X, of_b, strict=True)]
    # The terms of b cancel to a thousandth, and each is right to the last two digits or so; without
    # what the sum has lost, they are off by |b| such units.
    for value, terms in ((got.b, of_b), (got.w, of_w)):
        assert abs(value - sum(terms)) <= 8 * 2.0**-53 * sum(map(abs, terms))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["exp", "exp of a size", "sigmoid"])
def test_a_large_part_of_its_own(name: str, target: str) -> None:
    """What is lost is of b then."""
    found, x = rows(name), [-50.1, -49.7, -51.3]
    given = {"x": np.array(x), "w": np.float64(1), "b": np.float64(0.37), "g": np.array(G)}
    got = ran(found, found.compile(target, exact=True), given)
    with mp.workdps(400):
        of_b = [mpf(g) * SLOPES[name][1](mpf(a) + mpf(0.37)) for g, a in zip(G, x, strict=True)]
    assert abs(got.b - sum(of_b)) <= 8 * 2.0**-53 * sum(map(abs, of_b))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", ["L = sum(g/(1 + exp(-(x*w + b))))", "L = sum(g*exp(x*w + b))"])
@pytest.mark.parametrize("b", [-60.7, 41.3])
def test_sums_without_a_name(b: float, text: str, target: str) -> None:
    found = sb.derive(text, shapes={"x": ("n",), "w": (), "b": (), "g": ("n",)}, wrt=("b",))
    given = {"x": np.array(X), "w": np.float64(W), "b": np.float64(b), "g": np.array(G)}
    got = ran(found, found.compile(target, exact=True), given)
    of = SLOPES["sigmoid" if "1 +" in text else "exp"][1]
    with mp.workdps(400):
        of_b = [mpf(g) * of(mpf(x) * mpf(W) + mpf(b)) for g, x in zip(G, X, strict=True)]
    assert abs(got.b - sum(of_b)) <= 8 * 2.0**-53 * sum(map(abs, of_b))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("b", [3.0, 17.0, 36.0, 80.0])
def test_a_sigmoid_is_right_on_both_sides(b: float, target: str) -> None:
    """Where the exponent is 0, as of min(0, z), nothing is lost."""
    found = sb.derive("z = x*w + b; y = 1/(1 + exp(-z))", shapes={"x": ("n",), "w": (), "b": ()})
    names = [a.name for a in found.backward.program.inputs]
    for sign in (1, -1):
        given = {"x": np.array(X), "w": np.float64(W), "b": np.float64(sign * b)}
        out, _ = found.compile(target, exact=True).forward(*(given[n] for n in names))
        with mp.workdps(50):
            z = [mpf(x) * mpf(W) + mpf(sign * b) for x in X]
            want = np.array([float(1 / (1 + mp.exp(-a))) for a in z])
        assert (np.abs(out - want) <= 4 * np.spacing(want)).all()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("top", [60.1, 47.3, 31.9, 77.7])
def test_classes_with_biases(top: float, target: str) -> None:
    """A softmax of x W + b with a large b: Σ_i x_i (y_ij - t_ij) for nearly equal rows."""
    module = derived("softmax-regression").compile(target, exact=True)
    x = np.array([[2.0**-6], [-(2.0**-6) * 1.001]])
    W, b = np.array([[0.3, -0.7, 0.9]]), np.array([top, 3.3, -20.7])
    t = np.array([[1.0, 0, 0], [1.0, 0, 0]])
    _, grads = module.value_and_grad(x, W, b, t)
    with mp.workdps(100):
        logits = [[mpf(r[0]) * mpf(w) + mpf(c) for w, c in zip(W[0], b, strict=True)] for r in x]
        shares = [[mp.exp(a) / sum(map(mp.exp, row)) for a in row] for row in logits]
        want = [sum(mpf(r[0]) * p[j] for r, p in zip(x, shares, strict=True)) / 2 for j in (1, 2)]
        size = [sum(abs(mpf(r[0])) * p[j] for r, p in zip(x, shares, strict=True)) for j in (1, 2)]
    for got, true, most in zip(grads.W[0, 1:], want, size, strict=True):
        assert abs(got - true) <= 8 * 2.0**-53 * most


TEXT = "s = q*k[:, None] + m; p = exp(s)/sum(exp(s), axis=1, keepdims=True); L = sum(p*g)"
MASKED = {"q": (2, 3), "k": (2,), "m": (3,), "g": (2, 3)}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_masks_that_rows_share(dtype: Any, target: str) -> None:
    """m is -oo for a class that no row may have: no warning, and a gradient of 0."""
    found = sb.derive(TEXT, shapes=MASKED, wrt=("q", "k"))
    given = {
        "q": np.array([[1.0, 2, 3], [3.0, -1, 0.5]], dtype), "k": np.array([1.0, -2], dtype),
        "m": np.array([0, -np.inf, 9], dtype), "g": np.array([[1.0, 5, 3], [2, 7, 1]], dtype),
    }  # fmt: skip
    both = [ran(found, found.compile(target, exact=e), given) for e in (True, False)]
    assert (both[0].q[:, 1] == 0).all() and both[0].q.dtype == dtype
    for exact, plain in zip(*both, strict=True):
        np.testing.assert_allclose(exact, plain, rtol=1e-5, atol=9 * np.finfo(dtype).eps)


@pytest.mark.parametrize("target", TARGETS)
def test_nan_stays_in_its_row_and_large_numbers_are_no_trouble(target: str) -> None:
    found = sb.derive(TEXT, shapes=MASKED, wrt=("q",))
    given = {
        "q": np.array([[np.nan, 2, 3], [3.0, -1, 0.5]]), "k": np.array([1.0, -2]),
        "m": np.array([1e20, -1e300, 7.0]), "g": np.array([[1.0, 5, 3], [2, 7, 1]]),
    }  # fmt: skip
    module = found.compile(target, exact=True)
    got = ran(found, module, given).q
    assert np.isnan(got[0]).any() and not np.isnan(got[1]).any()
    assert (got[1] == 0).all()
    given |= {"q": np.array([[1.0, 2, -np.inf]] * 2), "m": np.array([1e20, 1e20, 7.0])}
    given["k"] = np.array([1.0, 2])
    got = ran(found, module, given).q  # both z are 1e20, as far as float64 knows
    np.testing.assert_allclose(got[0], [-1, 1, 0], atol=1e-15)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_what_a_sum_loses(x: float, y: float) -> None:
    lost = rows("exp").compile("numpy", exact=True)._sum_rest(x, y)
    assert Fraction(x) + Fraction(y) == Fraction(x + y) + Fraction(float(lost))


@pytest.mark.parametrize("pair", [(1e12, 0.1), (np.inf, 1.0), (1.0, -np.inf), (np.nan, 1.0)])
def test_what_is_not_made_up_for(pair: tuple[float, float]) -> None:
    assert rows("exp").compile("numpy", exact=True)._sum_rest(*pair) == 0


@pytest.mark.parametrize(
    "text",
    ["y = exp(x)/sum(exp(x))", "y = exp(x - mean(x))", "z = x + s; y = z**2*exp(x)",
     "y = exp(2*x + 1)", "z = x - sum(x); y = tanh(z)*exp(x*z)"],
)  # fmt: skip
def test_other_exponents_stay(text: str) -> None:
    """Nothing is shared, or not in the exponent; a mean of the row itself is none of its own."""
    source = sb.derive(text, shapes={"x": ("n",), "s": ()} if "s;" in text else {"x": ("n",)})
    assert "_sum_rest" not in source.numpy_source(exact=True)


@pytest.mark.parametrize("name", SLOPES)
def test_only_exact_forms_do_so(name: str) -> None:
    assert "_rest" not in rows(name).numpy_source()
    assert "z_rest = _sum_rest(" in rows(name).numpy_source(exact=True)


def test_it_is_told_of() -> None:
    found = derived("rnn-cell").numpy_source(exact=True)
    assert "    z_rest[i, j] = z_own[i, j] + b[j] - z[i, j]\n" in found
    assert "exp(-2*abs(z[i, j])) = exp(-2*abs(z[i, j]))*(1 - 2*sign(z[i, j])*z_rest[i, j])" in found


def test_names_in_use() -> None:
    found = sb.derive("z_own = z_rest*sum_rest + b; y = exp(-z_own)", wrt=("sum_rest",),
                      shapes={"z_rest": ("n",), "sum_rest": (), "b": ()})  # fmt: skip
    exact, plain = (found.compile("numpy", exact=e) for e in (True, False))
    given = np.array([1.0, 2, 3]), np.float64(2), np.float64(5)
    np.testing.assert_allclose(exact.forward(*given)[0], plain.forward(*given)[0], rtol=1e-14)
