"""Which part of a gradient is written by the name of a definition."""

from __future__ import annotations

import numpy as np

import symbackprop as sb


def test_a_bounded_function_is_no_difference_of_what_may_be_large() -> None:
    """tanh(e) is not y - e/u, of which nothing is left where e/u is 10^30."""
    text = "e = exp(-a*b); u = exp(-mean(e, axis=1, keepdims=True)); y = e/u + tanh(e)"
    shapes = {"a": ("N", "n"), "b": ("N", "n")}
    module = sb.derive(text, shapes=shapes).compile()
    rng = np.random.default_rng(0)
    a, b, dy = rng.normal(size=(3, 300, 3))
    _, saved = module.forward(a, b)
    da, _ = module.backward(saved, dy)
    e = np.exp(-a * b)
    high = np.exp(np.mean(e, axis=1, keepdims=True))  # 1/u
    de = dy * (high + 1 / np.cosh(e) ** 2) + np.mean(dy * e, axis=1, keepdims=True) * high
    np.testing.assert_allclose(da, -de * e * b, rtol=1e-9)
