"""Weights that are nearly what is taken from them keep the digits of the difference."""

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
def test_targets_that_are_nearly_labels(target: str) -> None:
    """At the true class y - u = (1 - u) - Σ others, and u is within eps of 1."""
    module = derived("label-smoothing").compile(target, exact=True)
    a, t, eps = np.array([100.0, 0.0, 5.0]), np.array([1.0, 0.0, 0.0]), np.array(1e-12)
    _, (da,) = module.value_and_grad(a, t, eps)
    assert abs(da[0] - 2e-12 / 3) <= np.spacing(2e-12 / 3)
    (plain,) = derived("label-smoothing").compile(target).value_and_grad(a, t, eps)[1]
    assert abs(plain[0] - 2e-12 / 3) > 1e3 * np.spacing(2e-12 / 3)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_targets_and_classes_that_are_nearly_alike(sign: str, target: str) -> None:
    """n (y - u) = (n y - 1) - (1 - eps) (n t - 1): 1/n drops out of y, and out of u."""
    text = f"y = exp(a)/sum(exp(a)); u = (1 - eps)*t + eps/a.shape[0]; L = {sign}sum(u*log(y))"
    found = sb.derive(text, shapes={"a": ("n",), "t": ("n",), "eps": ()}, wrt=("a",),
                      assume=("sum(t) == 1",))  # fmt: skip
    a, t, eps = [2.0**-20, -(2.0**-21), 2.0**-19], [0.25, 0.5, 0.25], 1 - 2.0**-20
    given = {"a": np.array(a), "t": np.array(t), "eps": np.float64(eps)}
    names = [x.name for x in found.backward.program.inputs]
    got, plain = (
        found.compile(target, exact=e).value_and_grad(*(given[n] for n in names))[1].a
        for e in (True, False)
    )
    with mp.workdps(50):
        total = mp.fsum(mp.exp(x) for x in a)
        want = [(mp.exp(x) / total - (1 - mpf(eps)) * b - mpf(eps) / 3) * (1 if sign else -1)
                for x, b in zip(a, t, strict=True)]  # fmt: skip
    want = np.array([*map(float, want)])
    np.testing.assert_allclose(got, want, rtol=1e-15)
    assert np.abs(plain / want - 1).max() > 1e-12


@pytest.mark.parametrize("target", TARGETS)
def test_other_mixtures_of_targets(target: str) -> None:
    """Mixed with another share than 1/n nothing drops out of u."""
    text = "y = exp(a)/sum(exp(a)); u = (1 - eps)*t + eps*s; L = -sum(u*log(y)) - (1 - sum(u))*0"
    shapes = {"a": ("n",), "t": ("n",), "s": ("n",), "eps": ()}
    found = sb.derive(text, shapes=shapes, wrt=("a",), assume=("sum(t) == 1", "sum(s) == 1"))
    given = {"a": np.array([0.1, -0.2, 0.3]), "t": np.array([0.2, 0.3, 0.5]),
             "s": np.array([0.5, 0.5, 0.0]), "eps": np.float64(0.25)}  # fmt: skip
    assert_agrees(found, given, targets=[target])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("scale", [1.0, 1e8])
def test_gradients_that_are_nearly_alike(scale: float, target: str) -> None:
    """g_k - Σ_j g_j y_j: what rounding leaves of the mean is taken away from all g."""
    found = sb.derive("y = exp(x)/sum(exp(x)); L = sum(y*g)", shapes={"x": ("n",), "g": ("n",)},
                      wrt=("x",))  # fmt: skip
    x, g = np.array([0.1, -0.2, 0.3]), scale + np.array([0.0, 2.0, -5.0]) * 2.0**-20
    names = [a.name for a in found.backward.program.inputs]
    given = {"x": x, "g": g}
    got = found.compile(target, exact=True).value_and_grad(*(given[n] for n in names))[1].x
    with mp.workdps(50):
        e = [mp.exp(float(a)) for a in x]
        mean = sum(a * mpf(b) for a, b in zip(e, g, strict=True)) / sum(e)
        want = [float(a / sum(e) * (mpf(b) - mean)) for a, b in zip(e, g, strict=True)]
    np.testing.assert_allclose(got, want, rtol=2e-15)
