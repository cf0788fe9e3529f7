"""1 less a cosine keeps its digits where vectors are nearly parallel, 1 more where they oppose."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
_VECTORS = {"x": ("n",), "w": ("n",)}
X, W = np.array([1.0, 2.0, -0.5]), np.array([3.0, 6.0 + 2.0**-24, -1.5])


def cosine(x: np.ndarray, w: np.ndarray) -> mpf:
    one, two = ([mpf(v) for v in a] for a in (x, w))
    dot = sum(u * v for u, v in zip(one, two, strict=True))
    return dot / mp.sqrt(sum(u * u for u in one) * sum(v * v for v in two))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "text",
    ["r = sqrt(sum(x**2)); s = sqrt(sum(w**2)); c = sum(x*w)/(r*s); L = 1 - c",
     "r = sqrt(x @ x); s = sqrt(w @ w); c = x @ w/(s*r); L = 3*(1 - c)/3",
     "L = 1 - x @ w/(sqrt(x @ x)*sqrt(w @ w))",
     "r = sqrt(sum(x**2)); s = sqrt(sum(w**2)); c = sum(x*w)/(r*s); L = 1 + c"],
)  # fmt: skip
def test_vectors_in_one_line(text: str, target: str) -> None:
    found = sb.derive(text, shapes=_VECTORS)
    names = [a.name for a in found.backward.program.inputs]
    sign = -1 if "1 + c" in text else 1
    given = {"x": X, "w": sign * W}
    inputs = [given[n] for n in names]
    with mp.workdps(50):
        want = float(1 - sign * cosine(X, sign * W))
    value = found.compile(target, exact=True).forward(*inputs)[0]
    np.testing.assert_allclose(value, want, rtol=1e-7)  # of inputs whose last digits are given
    assert value != 0
    plain = found.compile(target).forward(*inputs)[0]
    assert abs(plain / want - 1) > 1e-3


@pytest.mark.parametrize("target", TARGETS)
def test_the_loss_of_a_pair_that_is_alike(target: str) -> None:
    module = derived("cosine-embedding").compile(target, exact=True)
    with mp.workdps(50):
        want = float(1 - cosine(X, W))
    value, _ = module.value_and_grad(X, W, 1.0, 0.5)
    np.testing.assert_allclose(value, want, rtol=1e-7)


@pytest.mark.parametrize(
    "text",
    ["r = sqrt(sum(x**2)); c = sum(x*w)/(r*r); L = 1 - c",  # one length twice
     "r = sqrt(sum(x**2)); s = sqrt(sum(w)); c = sum(x*w)/(r*s); L = 1 - c",
     "r = sqrt(sum(x**2)); s = sqrt(sum(w**2)); c = sum(x*w)/(r*s); L = 2 - c",
     "r = sqrt(sum(x**2)); s = sqrt(sum(w**2)); c = sum(x*x)/(r*s); L = 1 - c"],
)  # fmt: skip
def test_what_is_no_cosine(text: str) -> None:
    found = sb.derive(text, shapes=_VECTORS)
    assert_agrees(found, {"x": np.array([1.0, 2.0, 3.0]), "w": np.array([0.5, 0.25, 4.0])})
