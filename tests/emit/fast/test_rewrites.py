"""Operations in another form: the same values, and the ends of the range."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbackprop as sb

SHAPES = {"x": ("N", "n"), "w": ("N", "n")}
ENDS = [0.0, -0.0, 1e-300, 1.0, 36.0, 40.0, 709.0, 746.0, 1e4, np.inf]
# What it is, and whether NumPy's logaddexp is gone.
SUMS = {
    "y = log(1 + exp(x))": True,
    "y = log(1 + exp(-x))": True,
    "y = w*log(1 + exp(x*x))": True,
    "y = log(exp(x) + exp(-x))": True,
    "y = log(exp(x - w) + exp(w - x))": True,
    "y = log(cosh(x))": True,
    "y = log(exp(x) + exp(w))": False,
    "y = log(exp(x - w) + exp(2*w - x))": False,
    "y = log(exp(x) + exp(-2*x))": False,
}


def derivation(text: str) -> sb.Derivation:
    used = {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}
    return sb.derive(text, shapes=used)


@pytest.mark.parametrize("text", SUMS)
def test_logarithms_of_two_exponentials(text: str) -> None:
    found = derivation(text)
    assert "np.logaddexp(" in found.numpy_source()
    assert ("np.logaddexp(" not in found.numpy_source(fast=True)) == SUMS[text]


def test_two_of_them_share_one_exponential() -> None:
    source = sb.derive("sigmoid-bce").numpy_source(fast=True)
    assert source.partition("def value_and_grad(")[2].count("np.log1p(") == 1


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("text", [t for t, changed in SUMS.items() if changed])
def test_they_are_what_they_were_at_the_ends_too(text: str, dtype: type, exact: bool) -> None:
    found = derivation(text)
    with np.errstate(over="ignore"):
        x = np.array([[*ENDS, *(-v for v in ENDS), np.nan]]).astype(dtype)
    given = {"x": x, "w": np.zeros_like(x)}
    inputs = [given[a.name] for a in found.backward.program.inputs]
    with np.errstate(invalid="ignore", over="ignore"):  # of -inf - -inf, in the readable module too
        one, other = (
            found.compile(target, exact=exact).forward(*inputs)[0]
            for target in ("numpy", "numpy-fast")
        )
    eps = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(other, one, rtol=eps, atol=0 if "cosh" not in text else eps)


def test_no_warning_where_the_value_is_finite() -> None:
    x = np.array([[*ENDS[:-1], *(-v for v in ENDS)]])
    module = derivation("y = log(1 + exp(x))").compile("numpy-fast")
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        y, _ = module.forward(x)
    assert (y >= 0).all() and y[0, -1] == 0 and y[0, 8] == 1e4
