"""Exact forms: the digits that the readable forms lose, in all three targets."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

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


# layer, inputs, upstream gradient, value and gradient
CASES = {
    "softmax-ce": (([30, 0, -5], [1, 0, 0]), 1, cross_entropy),
    "log-softmax": (([40, 0, 1],), [1, 2, 3], log_softmax),
    "softmax": (([40, 0, 1],), [1, 2, 3], softmax_),
    "entropy": (([40, 0, 1],), 1, entropy),
    "tanh": (([40, -300],), [1, 1], tanh),
    "gelu-tanh": (([-5],), [1], gelu),
    "elu": (([-60, 2], 1.0), [1, 1], elu),
}


def computed(name: str, target: str, exact: bool) -> list[float]:
    """How many units of the last place value and gradient are off, at most."""
    inputs, upstream, expected = CASES[name]
    module = derived(name).compile(target, exact=exact)
    out, saved = module.forward(*(np.asarray(x, float) for x in inputs))
    grads = module.backward(saved, np.asarray(upstream, float))
    with mp.workdps(400):
        return [
            max(
                float(abs(mpf(float(g)) - w)) / float(np.spacing(abs(float(w))))
                for g, w in zip(np.ravel(got), np.ravel(want), strict=True)
            )
            for got, want in zip((out, grads[0]), expected(), strict=True)
        ]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_exact_forms_keep_the_digits(name: str, target: str) -> None:
    off = computed(name, target, True)
    assert max(off) < 120  # the condition of exp at 40 to 300 is that


@pytest.mark.parametrize("name", CASES)
def test_the_readable_forms_do_not(name: str) -> None:
    assert max(computed(name, "numpy", False)) > 1e4


def test_an_exact_module_says_what_it_computes() -> None:
    told = " ".join(derived("softmax-ce").numpy_source(exact=True).split())
    others = "sum_j(where(y[j] > 1/2, 0, y[j]))"
    assert f"y[k] - t[k] = where(y[k] > 1/2, (1 - t[k]) - {others}, y[k] - t[k])" in told


def test_labels_too() -> None:
    """Of the label's class, whose probability is nearly 1."""
    module = derived("softmax-ce-labels").compile(exact=True)
    value, grads = module.value_and_grad(np.array([[40.0, 0.0], [0.0, 1.0]]), np.array([0, 1]))
    np.testing.assert_allclose(value, (np.exp(-40) + np.log1p(np.exp(-1))) / 2, rtol=1e-15)
    np.testing.assert_allclose(grads[0][0], [-np.exp(-40) / 2, np.exp(-40) / 2], rtol=1e-14)
