"""What is left of a vector less its projection has digits, also where next to nothing is left."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
ROWS = {"x": ("N", "D"), "g": ("D",)}
VECTORS = {"x": ("n",), "w": ("n",)}


def of_two(x: tuple[float, float], dy: tuple[float, float], eps: float) -> float:
    """The gradient of a batch norm of two samples in the first, by fractions."""
    one, two, d1, d2, e = map(Fraction, (*x, *dy, eps))
    v = ((one - two) / 2) ** 2
    return float((d1 - d2) / 2 * e / (v + e)) / float(v + e) ** 0.5


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("eps", [1e-12, 1e-5, 0.25, 3.0, 1e6])
def test_a_batch_of_two(eps: float, target: str) -> None:
    module = derived("batch-norm").compile(target, exact=True)
    x, dy = (1.7, -0.4), (0.9, 0.1)
    _, saved = module.forward(np.array([x]).T, np.ones(1), np.zeros(1), eps)
    grads = module.backward(saved, np.array([dy]).T)
    want = of_two(x, dy, eps)
    np.testing.assert_allclose(grads.x[:, 0], [want, -want], rtol=4e-15)


def test_as_it_reads_nothing_is_left_of_a_batch_of_two() -> None:
    module = derived("batch-norm").compile()
    _, saved = module.forward(np.array([[1.7], [-0.4]]), np.ones(1), np.zeros(1), 1e-12)
    got = module.backward(saved, np.array([[0.9], [0.1]])).x[0, 0]
    assert abs(got / of_two((1.7, -0.4), (0.9, 0.1), 1e-12) - 1) > 1e-6


@pytest.mark.parametrize("target", TARGETS)
def test_features_that_only_epsilon_divides(target: str) -> None:
    """A small gradient beside large ones: nothing is to be taken away and put back."""
    module = derived("rms-norm").compile(target, exact=True)
    x, g = np.array([[0.04, 0.01, -0.055, -0.02]]), np.array([2.0**-30, 1, -1, 3])
    _, saved = module.forward(x, g, 1e10)
    got = module.backward(saved, np.ones((1, 4))).x[0]
    q = [Fraction(v) for v in x[0]]
    mean = sum(v * v for v in q) / 4 + 10**10
    total = sum(v * Fraction(w) for v, w in zip(q, g, strict=True))
    want = [float(Fraction(w) - v * total / 4 / mean) / float(mean) ** 0.5
            for v, w in zip(q, g, strict=True)]  # fmt: skip
    np.testing.assert_allclose(got, want, rtol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
def test_three_points(target: str) -> None:
    """Pearson: what x leaves of y is a millionth of it, and is made of small numbers alone."""
    module = derived("pearson").compile(target, exact=True)
    x, y = np.array([-2.0, 1.0, 1.0]), np.array([1e6, 1.0, 2.0])
    _, grads = module.value_and_grad(x, y)
    p, q = ([Fraction(v) - sum(map(Fraction, a)) / 3 for v in a] for a in (x, y))
    pp, qq, pq = (sum(u * v for u, v in zip(a, b, strict=True))
                  for a, b in ((p, p), (q, q), (p, q)))  # fmt: skip
    scale = float(pp * qq) ** 0.5
    left = [float(v - u * pq / pp) / scale for u, v in zip(p, q, strict=True)]
    np.testing.assert_allclose(grads.x, left, rtol=1e-15, atol=1e-21)
    readable = derived("pearson").compile().value_and_grad(x, y)[1].x
    assert np.max(np.abs(readable[1:] / left[1:] - 1)) > 1e-12


@pytest.mark.parametrize(
    ("text", "shapes"),
    [("s = sum(x*x); y = w - x*sum(x*w)/s", VECTORS),
     ("y = w - x*sum(x*w)/sum(x*x)", VECTORS),
     ("y = w - x*(x @ w)/(x @ x + 2)", VECTORS),
     ("r = sqrt(sum(x**2)); u = x/r; y = w - u*sum(u*w)", VECTORS),
     ("u = x - mean(x); y = w - u*sum(u*w)/(sum(u*u) + 1)", VECTORS),  # w is not centred
     ("m = mean(x); s = sum((x - m)**2, axis=1, keepdims=True); u = (x - m)/sqrt(s);"
      "k = mean(v); w = v - k; y = w - u*sum(u*w, axis=1, keepdims=True)",  # no row is centred
      {"x": ("N", "D"), "v": ("N", "D")}),
     ("c = x - mean(x, axis=1, keepdims=True);"
      "s = sqrt(mean(c**2, axis=1, keepdims=True) + 0.1); y = g*c/s", ROWS)],
)  # fmt: skip
@pytest.mark.parametrize("target", TARGETS)
def test_forms_agree_with_what_they_stand_for(
    text: str, shapes: dict[str, Any], target: str
) -> None:
    found = sb.derive(text, shapes=shapes)
    assert "where(sum_" in found.numpy_source(exact=True)
    assert "where(sum_" not in found.numpy_source()
    random = np.random.default_rng(7)
    for sizes in ({"n": 1, "N": 1, "D": 2}, {"n": 5, "N": 3, "D": 4}, {"n": 40, "N": 2, "D": 40}):
        given = {n: random.normal(size=[sizes[s] for s in shape]) for n, shape in shapes.items()}
        assert_agrees(found, given, targets=(target,), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(
    "text",
    ["y = w - x*sum(x*w)/x.shape[0]",  # not over its length
     "y = w - x*sum(x*w)/sum(w*w)",
     "y = w + x*sum(x*w)/sum(x*x)",
     "y = 2*w - x*sum(x*w)/sum(x*x)",
     "u = x - mean(x); y = w - mean(x) - u*sum(u*w)/(sum(u*u) + 1)",
     "u = x - mean(x); y = w - 2*mean(w) - u*sum(u*w)/(sum(u*u) + 1)",
     "y = w - x*sum(x*x)/sum(x*x)"],
)  # fmt: skip
def test_what_is_no_projection(text: str) -> None:
    found = sb.derive(text, shapes=VECTORS)
    first = found.numpy_source(exact=True).split("Backward:")[0]
    assert "where(" not in first
    assert_agrees(found, {"x": np.array([1.0, -2.0, 4.0]), "w": np.array([0.5, 3.0, 1.0])})


def test_what_another_row_is_projected_on_is_taken_away_once() -> None:
    text = ("h = sum(x*w, axis=1)/sum(x*x, axis=1);"
            "y = w[:, None, :] - x[None, :, :]*h[:, None, None]")  # fmt: skip
    found = sb.derive(text, shapes={"x": ("N", "D"), "w": ("N", "D")})
    x, w = np.random.default_rng(0).normal(size=(2, 3, 4))
    assert_agrees(found, {"x": x, "w": w})


@pytest.mark.parametrize("target", TARGETS)
def test_a_vector_of_zeros_takes_nothing(target: str) -> None:
    module = sb.derive("y = w - x*(x @ w)/(x @ x + 2)", shapes=VECTORS).compile(target, exact=True)
    y, saved = module.forward(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    np.testing.assert_array_equal(y, [1, 2, 3])
    np.testing.assert_array_equal(module.backward(saved, np.ones(3)).w, np.ones(3))


@pytest.mark.parametrize("target", TARGETS)
def test_nan_stays_in_its_row(target: str) -> None:
    module = derived("layer-norm").compile(target, exact=True)
    x = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 4.0]])
    _, saved = module.forward(x, np.ones(3), np.zeros(3), 1e-5)
    got = module.backward(saved, np.array([[1.0, 2, 3], [3.0, 1, 2]])).x
    assert np.isnan(got[0]).all()
    assert np.isfinite(got[1]).all()
