"""Exact forms: the digits that the readable forms lose, in all three targets."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]


def softmax(*a: float) -> list[mpf]:
    """The softmax to the digits of mpmath."""
    e = [mp.exp(x) for x in a]
    return [x / sum(e) for x in e]


def cross_entropy() -> list:
    y = softmax(30, 0, -5)
    return [-mp.log(y[0]), [y[0] - 1, y[1], y[2]]]


def log_softmax() -> list:
    y = softmax(40, 0, 1)
    return [[mp.log(p) for p in y], [g - 6 * p for g, p in zip((1, 2, 3), y, strict=True)]]


def softmax_() -> list:
    y = softmax(40, 0, 1)
    mean = sum(g * p for g, p in zip((1, 2, 3), y, strict=True))
    return [y, [p * (g - mean) for g, p in zip((1, 2, 3), y, strict=True)]]


def entropy() -> list:
    y = softmax(40, 0, 1)
    h = -sum(p * mp.log(p) for p in y)
    return [h, [-p * (mp.log(p) + h) for p in y]]


def tanh() -> list:
    xs = [mpf(40), mpf(-300)]
    return [[mp.tanh(x) for x in xs], [1 / mp.cosh(x) ** 2 for x in xs]]


def gelu() -> list:
    def both(x: mpf) -> mpf:
        return x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)))

    return [[both(mpf(-5))], [mp.diff(both, mpf(-5))]]


def elu() -> list:
    return [[mp.expm1(mpf(-60)), mpf(2)], [mp.exp(mpf(-60)), mpf(1)]]


def sigmoid_bce() -> list:
    loss = mp.log1p(mp.exp(-40)) + mp.log1p(mp.exp(-37))
    return [loss, [-1 / (1 + mp.exp(40)), 1 / (1 + mp.exp(37))]]


def bce_with_logits() -> list:
    loss, slopes = sigmoid_bce()
    return [loss / 2, [g / 2 for g in slopes]]


def focal() -> list:
    def one(x: mpf) -> mpf:
        return mp.log1p(mp.exp(-x)) / (1 + mp.exp(x)) ** 2

    xs = [mpf(40), mpf(30)]
    return [sum(map(one, xs)), [mp.diff(one, x) for x in xs]]


def gelu_erf() -> list:
    x = mpf(-7)
    return [[x * mp.ncdf(x)], [mp.ncdf(x) + x * mp.npdf(x)]]


def log_cosh() -> list:
    xs = [mpf(2) ** -20, mpf(2) ** -9]
    return [sum(mp.log(mp.cosh(x)) for x in xs) / 2, [mp.tanh(x) / 2 for x in xs]]


def triplet() -> list:
    a, p, n, m = (mpf(x) for x in (-1e16, 0.7, 0.1, 1.0))
    return [(a - p) ** 2 - (a - n) ** 2 + m, [2 * (n - p)]]


def dice() -> list:
    y, t = mpf(1e9), mpf(2) ** -9
    below = y**2 + t**2
    return [1 - 2 * y * t / below, [2 * t * (y**2 - t**2) / below**2]]


def ranknet() -> list:
    d = mpf(1e-9)
    loss = d / 2 + mp.log1p(mp.exp(-d))
    return [loss, [mp.tanh(d / 2) / 2]]


def vae_kl() -> list:
    w = mpf(2) ** -30
    return [(mp.expm1(w) - w) / 2, [0]]


# layer, inputs, upstream gradient, value and gradient
CASES = {
    "softmax-ce": (([30, 0, -5], [1, 0, 0]), 1, cross_entropy),
    "log-softmax": (([40, 0, 1],), [1, 2, 3], log_softmax),
    "softmax": (([40, 0, 1],), [1, 2, 3], softmax_),
    "entropy": (([40, 0, 1],), 1, entropy),
    "tanh": (([40, -300],), [1, 1], tanh),
    "gelu-tanh": (([-5],), [1], gelu),
    "elu": (([-60, 2], 1.0), [1, 1], elu),
    "sigmoid-bce": (([40, -37], [1, 0]), 1, sigmoid_bce),
    "bce-with-logits": (([40, -37], [1, 0]), 1, bce_with_logits),
    "gelu": (([-7],), [1], gelu_erf),
    "log-cosh": (([2.0**-20, 2.0**-9], [0, 0]), 1, log_cosh),
    "triplet": (([-1e16], [0.7], [0.1], 1.0), 1, triplet),
    "dice": (([1e9], [2.0**-9]), 1, dice),
    "ranknet": (([1e-9], [0], [0], 1.0), 1, ranknet),
    "vae-kl": (([0], [2.0**-30]), 1, vae_kl),
    "focal": (([40, 30], [1, 1], 2.0), 1, focal),
}


def computed(name: str, target: str, exact: bool) -> list[float]:
    """How many units of the last place value and gradient are off, at most."""
    inputs, upstream, expected = CASES[name]
    module = derived(name).compile(target, exact=exact)
    arrays = [np.asarray(x, float) for x in inputs]
    out, saved = module.forward(*arrays)
    results = [(out, module.backward(saved, np.asarray(upstream, float))[0])]
    if upstream == 1 and np.ndim(out) == 0:
        value, grads = module.value_and_grad(*arrays)
        results.append((value, grads[0]))
    with mp.workdps(400):
        return [
            max(
                float(abs(mpf(float(g)) - w)) / float(np.spacing(abs(float(w))))
                for g, w in zip(np.ravel(got), np.ravel(want), strict=True)
            )
            for result in results
            for got, want in zip(result, expected(), strict=True)
        ]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_exact_forms_keep_the_digits(name: str, target: str) -> None:
    off = computed(name, target, True)
    assert max(off) < 120  # the condition of exp at 40 to 300 is that


@pytest.mark.parametrize("name", CASES)
def test_the_readable_forms_do_not(name: str) -> None:
    assert max(computed(name, "numpy", False)) > 1e4


@pytest.mark.parametrize("target", TARGETS)
def test_the_entropy_of_nearly_equal_classes(target: str) -> None:
    """da_k = -y_k (log y_k + H) is a difference of two logarithms of about 1/3."""
    a = np.array([2.0**-20, 0, -(2.0**-18)])

    def slopes() -> list:
        with mp.workdps(60):
            y = [mp.exp(x) for x in a]
            y = [v / mp.fsum(y) for v in y]
            h = -mp.fsum(v * mp.log(v) for v in y)
            return [-v * (mp.log(v) + h) for v in y]

    off = {exact: np.array([
        float(abs(mpf(float(g)) - w)) / float(np.spacing(abs(float(w)))) for g, w in zip(
            derived("entropy").compile(target, exact=exact).value_and_grad(a)[1].a, slopes(),
            strict=True)
    ]) for exact in (False, True)}  # fmt: skip
    assert (off[True] < 4).all() and (off[False] > 1e4).any()


@pytest.mark.parametrize("target", TARGETS)
def test_the_entropy_of_a_masked_class(target: str) -> None:
    module = derived("entropy").compile(target, exact=True)
    value, grads = module.value_and_grad(np.array([1.0, -np.inf, 0.5]))
    want, slopes = module.value_and_grad(np.array([1.0, 0.5]))
    assert value == pytest.approx(want, rel=1e-15)
    np.testing.assert_allclose(grads.a, [slopes.a[0], 0, slopes.a[1]], rtol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
def test_targets_that_are_no_labels(target: str) -> None:
    """Where t is far from 0 and 1, the loss is the difference of two that are t times as large."""
    module = derived("sigmoid-bce").compile(target, exact=True)
    x, t = 2.0**-9, 57.3
    value, _ = module.value_and_grad(np.array([x]), np.array([t]))
    with mp.workdps(50):
        want = mp.log1p(mp.exp(-mpf(x))) + mpf(x) * (1 - mpf(t))
    assert abs(value - float(want)) <= 2 * np.spacing(float(want))
    plain = derived("sigmoid-bce").compile(target).value_and_grad(np.array([x]), np.array([t]))[0]
    assert abs(plain - float(want)) > 4 * np.spacing(float(want))


def test_labels_too() -> None:
    """Of the label's class, whose probability is nearly 1."""
    module = derived("softmax-ce-labels").compile(exact=True)
    value, grads = module.value_and_grad(np.array([[40.0, 0.0], [0.0, 1.0]]), np.array([0, 1]))
    np.testing.assert_allclose(value, (np.exp(-40) + np.log1p(np.exp(-1))) / 2, rtol=1e-15)
    np.testing.assert_allclose(grads[0][0], [-np.exp(-40) / 2, np.exp(-40) / 2], rtol=1e-14)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_rest_of_the_exponential_series(dtype: type, target: str) -> None:
    """exp(x) - 1 - x everywhere; also in a layer that calls an input what the function is called"""
    module = sb.derive(
        "L = exp(exp_rest) - 1 - exp_rest", shapes={"exp_rest": ("n",)}
    ).compile(target, exact=True)  # fmt: skip
    x = [s * v for v in (1e-19, 1e-6, 0.01, 0.3, 0.999, 1, 1.001, 2, 30) for s in (1, -1)]
    x = np.array([*x, 0, -np.inf, np.nan], dtype)
    out, _ = module.forward(x)
    with mp.workdps(60):
        want = np.array([float(mp.expm1(mpf(float(v))) - mpf(float(v))) for v in x[:-3]], dtype)
    assert out.dtype == dtype and (np.abs(out[:-3] - want) <= 4 * np.spacing(want)).all()
    assert out[-3] == 0 and out[-2] == np.inf and np.isnan(out[-1])


@pytest.mark.parametrize("target", TARGETS)
def test_a_softplus_with_its_x_keeps_its_digits(target: str) -> None:
    """log(1 + exp(-x)) + t x for t = 1 and x = -37 is log(1 + exp(-37))."""
    derivation = sb.derive("y = log(1 + exp(-x)) + t*x", shapes={"x": ("n",), "t": ("n",)})
    module = derivation.compile(target, exact=True)
    names = [a.name for a in derivation.backward.program.inputs]
    values = {"x": np.array([-37.0]), "t": np.array([1.0])}
    out, _ = module.forward(*(values[n] for n in names))
    assert out[0] == pytest.approx(float(mp.log1p(mp.exp(-37))), rel=1e-14, abs=0)


# The ways to write a cross-entropy, or a part of it, of the logits 40, 0 and 1 and the class 0.
LOG_SUM_EXP = {
    "labels": ("l = log(sum(exp(a), axis=1)); L = mean(l - a[arange(a.shape[0]), t])",
               {"a": ("N", "n"), "t": ("N",)}, ([[40.0, 0, 1]], [0])),
    "one-hot": ("l = log(sum(exp(a))); L = sum(t*(l - a))",
                {"a": ("n",), "t": ("n",)}, ([40.0, 0, 1], [1.0, 0, 0])),
    "minus": ("l = log(sum(exp(a))); L = -sum(t*(a - l))",
              {"a": ("n",), "t": ("n",)}, ([40.0, 0, 1], [1.0, 0, 0])),
    "logsumexp": ("L = logsumexp(a) - a[t]", {"a": ("n",), "t": ()}, ([40.0, 0, 1], 0)),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", LOG_SUM_EXP)
def test_a_cross_entropy_by_the_logarithm_of_a_sum(name: str, target: str) -> None:
    text, shapes, inputs = LOG_SUM_EXP[name]
    derivation = sb.derive(text, shapes=shapes, wrt=["a"])
    value, (slopes,) = derivation.compile(target, exact=True).value_and_grad(
        *(np.array(x) for x in inputs)
    )
    rest = np.exp([-40.0, -39])
    np.testing.assert_allclose(value, rest.sum(), rtol=1e-14)
    np.testing.assert_allclose(np.ravel(slopes), [-rest.sum(), *rest], rtol=1e-14)


@pytest.mark.parametrize("target", TARGETS)
def test_a_sum_of_weights_less_one_of_them(target: str) -> None:
    """da_k = y_k Σ_j g_j - g_k with y_0 nearly 1, for y = exp(a - log Σ exp(a)) unnamed."""
    derivation = sb.derive("l = log(sum(exp(a))); L = sum((l - a)*w)", wrt=["a"],
                           shapes={"a": ("n",), "w": ("n",)})  # fmt: skip
    module = derivation.compile(target, exact=True)
    slopes = module.value_and_grad(np.array([40.0, 0, 1]), np.array([1.0, 0, 0]))[1].a
    with mp.workdps(50):
        y = softmax(40, 0, 1)
        want = [float(y[0] - 1), float(y[1]), float(y[2])]
    np.testing.assert_allclose(slopes, want, rtol=1e-14)


@pytest.mark.parametrize("target", TARGETS)
def test_pairs_that_are_told_apart(target: str) -> None:
    """InfoNCE where the pairs are far from each other: loss and gradient are as small as that."""
    z, w = np.array([[6.0, 0.5], [0, 6]]), np.array([[6.0, 0], [0.25, 6]])
    value, (dz, dw) = derived("info-nce").compile(target, exact=True).value_and_grad(
        z, w, np.array(1.0)
    )
    with mp.workdps(60):
        s = mp.matrix((z @ w.T).tolist())
        gaps = [mp.exp(s[0, 1] - s[0, 0]), mp.exp(s[1, 0] - s[1, 1])]
        rest = [g / (1 + g) for g in gaps]  # the weight of the wrong pair
        want = sum(map(mp.log1p, gaps)) / 2
        p = np.array([[-float(rest[0]), float(rest[0])], [float(rest[1]), -float(rest[1])]]) / 2
    np.testing.assert_allclose(value, float(want), rtol=1e-13)
    np.testing.assert_allclose(dz, p @ w, rtol=1e-13)
    np.testing.assert_allclose(dw, p.T @ z, rtol=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_a_log_softmax_by_the_logarithm_of_a_sum(target: str) -> None:
    derivation = sb.derive("l = log(sum(exp(a))); y = a - l", shapes={"a": ("n",)})
    module = derivation.compile(target, exact=True)
    out, saved = module.forward(np.array([40.0, 0, 1]))
    found = module.backward(saved, np.array([1.0, 0, 0]))[0]
    with mp.workdps(50):
        y = softmax(40, 0, 1)
        values = [float(mp.log(p)) for p in y]
        slopes = [float(1 - y[0]), float(-y[1]), float(-y[2])]
    np.testing.assert_allclose(out, values, rtol=1e-15)
    np.testing.assert_allclose(found, slopes, rtol=1e-14)


DIAGONALS = [
    "p = exp(a)/sum(exp(a), axis=1, keepdims=True); y = g - sum(g*diag(p))",
    "p = exp(a)/sum(exp(a), axis=1, keepdims=True); y = g - diag(p)*sum(g)",
    "p = exp(a)/sum(exp(a), axis=1, keepdims=True); y = diag(p) - g",
    "l = a - log(sum(exp(a), axis=1, keepdims=True)); y = g - sum(g*exp(diag(l)))",
    "p = exp(a)/sum(exp(a)); y = g - p[0]*sum(g)",
    "p = exp(a)/sum(exp(a)); y = g - sum(g*p[0])",
]


@pytest.mark.parametrize("text", DIAGONALS)
def test_a_diagonal_of_weights_does_not_sum_to_1(text: str) -> None:
    found = sb.derive(text, shapes={"a": ("n", "n"), "g": ("n",)})
    a = np.random.default_rng(0).normal(size=(3, 3)) + np.diag([0.0, 9, 5])
    assert_agrees(found, {"a": a, "g": np.array([1.0, -2.0, 0.5])}, rtol=1e-9)
