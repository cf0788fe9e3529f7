"""A quick look at the inputs decides as the slow one does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived

X = np.array([[1.0, 2.0, 4.0], [-1.0, 0.5, 0.25]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "eps", [1e-5, 1, True, np.float64(1e-5), np.float32(1e-5), np.array(1e-5), np.array(1)]
)
def test_a_number_has_the_dtype_that_the_readable_module_gives_it(eps: Any, dtype: type) -> None:
    gamma, beta = np.ones(3, dtype), np.zeros(3, dtype)
    results = []
    for module in (derived("layer-norm").compile(), derived("layer-norm").compile("numpy-fast")):
        y, saved = module.forward(X.astype(dtype), gamma, beta, eps)
        results.append((y, *module.backward(saved, np.ones_like(y))))
    for one, other in zip(*results, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("eps", "ready"),
    [(1e-5, True), (np.float32(1e-5), True), (np.array(1e-5, "f"), True),
     (np.float64(1e-5), False), (1, False), (np.ones(1, "f"), False)],
)  # fmt: skip
def test_numbers_of_the_dtype_are_ready(eps: Any, ready: bool) -> None:
    module = derived("layer-norm").compile("numpy-fast")
    assert module._ready(X.astype("f"), np.ones(3, "f"), np.ones(3, "f"), eps) == ready


def test_numbers_alone_are_always_checked() -> None:
    source = sb.derive("y = a*b", shapes={"a": (), "b": ()}).numpy_source(fast=True)
    assert "_ready" not in source


def test_a_number_where_an_array_is_to_be_is_refused() -> None:
    module = derived("layer-norm").compile("numpy-fast")
    with pytest.raises(ValueError, match="gamma has shape"):
        module.forward(X, 1.0, np.zeros(3), 1e-5)
    with pytest.raises(ValueError, match="eps has shape"):
        module.forward(X, np.ones(3), np.zeros(3), np.ones(3))
