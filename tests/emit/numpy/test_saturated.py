"""Gradients of attention over saturated features: what these have in common drops out."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
SHAPES = {"x": ("n",), "v": (), "g": ("n",)}
TEXT = "u = tanh(x); e = u*v; p = exp(e)/sum(exp(e)); L = sum(p*g)"


def slope(x: list[float], v: float, g: list[float]) -> float:
    """The gradient in v: Σ_j p_j (g_j - Σ p g) u_j, to 200 digits."""
    with mp.workdps(200):
        u = [mp.tanh(mpf(a)) for a in x]
        e = [mp.exp(mpf(v) * a) for a in u]
        p = [a / sum(e) for a in e]
        mean = sum(a * mpf(b) for a, b in zip(p, g, strict=True))
        return float(sum(a * (mpf(b) - mean) * c for a, b, c in zip(p, g, u, strict=True)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "x",
    [[20.0, 30.0, 25.0], [-20.0, -30.0, -25.0], [20.0, 30.0, -25.0], [1e-9, 2e-9, -1e-9],
     [0.5, -0.25, 1.0], [200.0, 300.0, 210.0]],
)  # fmt: skip
def test_one_feature(x: list[float], target: str) -> None:
    module = sb.derive(TEXT, shapes=SHAPES, wrt=("v",)).compile(target, exact=True)
    g = [1.0, -2.0, 5.0]
    _, grads = module.value_and_grad(np.array(x), 1.25, np.array(g))
    np.testing.assert_allclose(grads.v, slope(x, 1.25, g), rtol=4e-15)


def test_as_it_reads_nothing_is_left() -> None:
    module = sb.derive(TEXT, shapes=SHAPES, wrt=("v",)).compile()
    _, grads = module.value_and_grad(np.array([20.0, 30, 25]), 1.25, np.array([1.0, -2, 5]))
    assert abs(grads.v / slope([20.0, 30, 25], 1.25, [1.0, -2, 5]) - 1) > 1


@pytest.mark.parametrize("target", TARGETS)
def test_what_rounding_leaves_of_the_sum_of_gradients(target: str) -> None:
    """The u are equal to six digits, the g to eight: Σ d_j is 0 to 1e-16, not to 1e-16 of d."""
    module = sb.derive(TEXT, shapes=SHAPES, wrt=("v",)).compile(target, exact=True)
    x, g = [0.05, 0.05 * (1 + 1e-6), 0.05 * (1 - 2e-6)], [1.0, 1 + 1e-8, 1 - 1e-8]
    _, grads = module.value_and_grad(np.array(x), 1.25, np.array(g))
    np.testing.assert_allclose(grads.v, slope(x, 1.25, g), rtol=1e-7)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shift", [0.0, 1e-9, 3.0, -40.0, 300.0])
def test_a_shift_of_all_features(shift: float, target: str) -> None:
    """Σ d_j (1 - u_j^2): where all u_j are small, 1 drops out."""
    text = "z = x + s; u = tanh(z); e = 2*u; p = exp(e)/sum(exp(e)); L = sum(p*g)"
    found = sb.derive(text, shapes={"x": ("n",), "s": (), "g": ("n",)}, wrt=("s", "x"))
    module = found.compile(target, exact=True)
    x, g = np.array([2.0**-20, -(2.0**-21), 2.0**-19]), np.array([1.0, -2.0, 5.0])
    names = [a.name for a in found.backward.program.inputs]
    given = {"x": x, "s": np.float64(shift), "g": g}
    got = module.value_and_grad(*(given[n] for n in names))[1].s
    with mp.workdps(400):
        z = [mpf(a) + mpf(shift) for a in x]
        u = [mp.tanh(a) for a in z]
        e = [mp.exp(2 * a) for a in u]
        p = [a / sum(e) for a in e]
        mean = sum(a * mpf(b) for a, b in zip(p, g, strict=True))
        want = sum(a * (mpf(b) - mean) * 2 * (1 - c * c) for a, b, c in zip(p, g, u, strict=True))
    # What is left of 1 - u^2 is as exp(-2 |s|), of which s has as many digits less.
    np.testing.assert_allclose(got, float(want), rtol=1e-14 * (1 + abs(shift)))


def test_weights_that_do_not_sum_to_0() -> None:
    """An output as upstream gradient, and a tanh beside another one, stay as they are."""
    texts = ("u = tanh(x); e = u*v; p = exp(e); L = sum(p*g)", "u = tanh(x); L = v*sum(u*g)")
    for text in texts:
        source = sb.derive(text, shapes=SHAPES, wrt=("v",)).numpy_source(exact=True)
        assert "one_minus_u" not in source


@pytest.mark.parametrize(
    "text",
    ["u = tanh(x); e = u*v; p = exp(c*e)/sum(exp(c*e)); L = sum(p*g)",  # Σ c_j d_j is not 0
     "u = tanh(x); e = v*(1 + u**2); p = exp(e)/sum(exp(e)); L = sum(p*g)",
     "u = tanh(x); e = v*(1 - u**3); p = exp(e)/sum(exp(e)); L = sum(p*g)",
     "u = tanh(x); e = u*v; p = exp(e)/sum(exp(e)); L = sum(p*g)*sum(p*c)",
     "u = tanh(x); e = u*v; p = exp(e)/(1 + sum(exp(e))); L = sum(p*g)",
     "u = tanh(x)[:, None]*c; e = u*v; p = exp(e)/sum(exp(e), axis=0); L = sum(p*g[:, None])",
     "u = tanh(x); e = v*u*c[:, None]; p = exp(e)/sum(exp(e), axis=1, keepdims=True);"
     "L = sum(p*g)"],
)  # fmt: skip
def test_saturated_features_agree_with_what_the_gradient_reads(text: str) -> None:
    """Where too much is left out, nothing agrees: all u are near 1."""
    shapes = {n: s for n, s in {**SHAPES, "c": ("n",)}.items() if n in text.replace("exp", "")}
    found = sb.derive(text, shapes=shapes, wrt=("v",))
    given = {"x": np.array([2.0, 2.5, 3.0]), "v": np.float64(0.75),
             "g": np.array([1.0, -2.0, 5.0]), "c": np.array([0.5, 3.0, -1.0])}  # fmt: skip
    assert_agrees(found, given, rtol=1e-10)


def test_additive_attention_agrees_with_what_it_reads() -> None:
    found = derived("additive-attention")
    random = np.random.default_rng(1)
    sizes = {"S": 2, "T": 4, "H": 3, "A": 5}
    given = {a.name: random.normal(size=[sizes[str(n)] for n in a.shape])
             for a in found.backward.program.inputs}  # fmt: skip
    assert_agrees(found, given, rtol=1e-9, atol=1e-13)
