"""Forms of differences keep digits that the sides have in common."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]


@pytest.mark.parametrize("target", TARGETS)
def test_the_divergence_of_near_distributions(target: str) -> None:
    """For q = p + d the value is Σ d^2/(8 p), a small part of p log(p)."""
    p = np.array([0.25, 0.5, 0.25])
    d = np.array([2.0**-30, -(2.0**-29), 2.0**-30])
    module = derived("jensen-shannon").compile(target, exact=True)
    value, saved = module.forward(p, p + d)
    dp, _ = module.backward(saved)
    np.testing.assert_allclose(value, np.sum(d**2 / (8 * p)), rtol=1e-8)
    np.testing.assert_allclose(dp, -d / (4 * p), rtol=1e-8)
    plain, _ = derived("jensen-shannon").compile().forward(p, p + d)
    assert abs(plain / value - 1) > 1e-3


@pytest.mark.parametrize("target", TARGETS)
def test_a_running_softmax_keeps_its_digits(target: str) -> None:
    """Of the last of its risk set, -40 and -60 have next to nothing."""
    module = derived("cox").compile(target, exact=True)
    value, saved = module.forward(np.array([-40.0, -60.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    (dh,) = module.backward(saved)
    others = np.exp(-40.0) + np.exp(-60.0)
    np.testing.assert_allclose(value, others, rtol=1e-13)
    np.testing.assert_allclose(dh, [np.exp(-40.0), np.exp(-60.0), -others], rtol=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_points_far_apart_have_small_gradients(target: str) -> None:
    """The own term of each point, 10^100 times as large, is left out."""
    X, y = np.array([[0.0, 1.0], [22.0, 1.0]]), np.array([1.0, -2.0])
    module = derived("gaussian-process").compile(target, exact=True)
    _, saved = module.forward(X, y, 1.0)
    dX = module.backward(saved)[0]
    k = np.exp(-242.0)  # alpha_0 alpha_1 is -1/2, and K^-1 is 1/2 on its diagonal
    np.testing.assert_allclose(dX[:, 0], [11 * k, -11 * k], rtol=1e-10)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("name", "alpha", "beta"), [("tversky", 0.0, 0.5), ("jaccard", 1.0, 1.0)])
def test_a_quotient_whose_sides_cancel(
    name: str, alpha: float, beta: float, target: str
) -> None:
    """With both over d^2, i (1 - alpha - beta) - d has no i: it is -(alpha Σ y + beta Σ t)."""
    module = derived(name).compile(target, exact=True)
    y, t = np.array([1e9, 1.0]), np.array([1.0, 0.5])
    _, saved = module.forward(y, t, *((alpha, beta) if name == "tversky" else ()))
    dy = module.backward(saved)[0]
    with mp.workdps(40):
        i, a, b = mp.fdot(y, t), mpf(alpha), mpf(beta)
        both = a * mp.fsum(y) + b * mp.fsum(t)
        d = i * (1 - a - b) + both
        right = [float((a * i - s * both) / d**2) for s in map(mpf, t)]
    np.testing.assert_allclose(dy, right, rtol=1e-14)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_lost_above_is_lost_below(target: str) -> None:
    """1 - i/d = r/(i + r): alpha Σ y (1 - t) + beta Σ (1 - y) t nearly cancels, and i is small.

    d = (i + a) + b rounds otherwise than a + b.
    """
    module = derived("tversky").compile(target, exact=True)
    y = np.array([0.0037655794617099145, 0.005584164827940876, 0.003223771902555371])
    t = np.array([-0.10795001225532032, 0.10270131532083768, -0.05184914724208487])
    value, _ = module.forward(y, t, 3.152536797313775, 0.6748095393915573)
    assert abs(value - 1.0001290695156210585) <= 2 * np.spacing(1.0)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", ["s - s*i/d", "1 - i/d", "2 - 2*i/d", "1 - s*i/d"])
def test_shares_of_other_totals(text: str, target: str) -> None:
    shapes = {"x": ("n",), "w": ("n",), **({"s": ()} if "s" in text else {})}
    found = sb.derive(f"i = sum(x*w); a = sum(x); b = sum(w); d = i + a + b; L = {text}",
                      shapes=shapes, wrt=("x",))  # fmt: skip
    given = {"x": np.array([0.5, 2.0]), "w": np.array([3.0, 0.25]), "s": np.float64(1.75)}
    assert_agrees(found, given, targets=[target])


def test_fractions_are_joined_and_other_terms_are_left_alone() -> None:
    """1 + log p - log m - p/(2 m), whose logarithms have a form of their own."""
    shapes = {"p": ("n",), "t": ("n",)}
    derivation = sb.derive(
        "m = (p + t)/2; L = sum(p*(log(p) - log(m)))", shapes=shapes, wrt=["p"]
    )
    told = " ".join(derivation.numpy_source(exact=True).partition("another form")[2].split())
    whole = told.partition(" = ")[2].partition('"""')[0]
    assert whole.startswith("t[k]/(2*m[k]) + where(") and "log1p(" in whole
    assert "log(p[k])*" not in whole


def test_fractions_stay_apart_where_nothing_above_cancels() -> None:
    """2 v_k/d + 1/d^2 is not (1 + 2 v_k d)/d^2, which takes a product more."""
    shapes = {"v": ("n",), "w": ("n",)}
    derivation = sb.derive("d = sum(w); L = sum(v)/d**2 + sum(v*v)/d", shapes=shapes)
    source = derivation.numpy_source(exact=True)
    assert "another form" not in source and "2 / d * v + 1 / d**2" in source


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["layer-norm", "batch-norm"])
def test_numbers_far_from_0_are_centred_twice(name: str, target: str, dtype: type) -> None:
    """The rounding of the mean is no error of what the numbers are apart."""
    far = 2.0**20 if dtype is np.float32 else 2.0**40
    near = np.random.default_rng(0).normal(size=(64, 64)).astype(dtype)
    x = (near + dtype(far)).astype(dtype)
    near = (x - dtype(far)).astype(dtype)  # as it is stored in x
    inputs = [np.ones(64, dtype), np.zeros(64, dtype), np.asarray(1e-3, dtype)]
    exact, plain = (derived(name).compile(target, exact=e) for e in (True, False))
    (want, _), (got, _) = exact.forward(near, *inputs), exact.forward(x, *inputs)
    room = 20 * np.finfo(dtype).eps
    np.testing.assert_allclose(got, want, rtol=room, atol=room)
    assert np.abs(plain.forward(x, *inputs)[0] - want).max() > 1e3 * np.finfo(dtype).eps


@pytest.mark.parametrize("text", ["m = sum(x)/2; y = (x - m)*w", "m = mean(x); y = (x - 2*m)*w"])
def test_what_is_no_mean_is_taken_away_once(text: str) -> None:
    derivation = sb.derive(text, shapes={"x": ("n",), "w": ("n",)})
    assert "another form" not in derivation.numpy_source(exact=True)
    x, w = np.array([3.0, 4.0, 8.0]), np.array([1.0, -1.0, 2.0])
    y, _ = derivation.compile(exact=True).forward(x, w)
    np.testing.assert_allclose(y, (x - (7.5 if "sum" in text else 10.0)) * w)


@pytest.mark.parametrize(("centred", "sign"), [("x - mean(x)", 1), ("mean(x) - x", -1)])
def test_a_mean_less_the_numbers_is_centred_twice_too(centred: str, sign: int) -> None:
    module = sb.derive(f"y = ({centred})*w", shapes={"x": ("n",), "w": ("n",)}).compile(exact=True)
    x = 2.0**50 + np.array([0.0, 1.0, 3.0])
    np.testing.assert_allclose(module.forward(x, np.ones(3))[0], sign * np.array([-4, -1, 5]) / 3)


def test_gradients_are_centred_once() -> None:
    """They are rarely far from 0, all of them."""
    derivation = sb.derive("c = x - mean(x); y = tanh(c)*exp(c)", shapes={"x": ("n",)})
    passes = [derivation.numpy_source(exact=exact).split("def ") for exact in (False, True)]
    means = [[text.count("np.mean(") for text in texts if text[:8] in ("forward(", "backward")]
             for texts in passes]  # fmt: skip
    assert means == [[1, 1], [2, 1]]
