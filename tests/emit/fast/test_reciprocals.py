"""x/d is x (1/d) where 1/d loses nothing, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy-fast", pytest.param("c", marks=needs_compiler)]


def test_sizes_and_sums_from_one_on_are_turned() -> None:
    source = derived("softmax-ce-batch").numpy_source(fast=True)
    assert "np.multiply(da_, 1 / max(N, 1), out=da_)" in source
    assert source.count("np.divide(") == source.count("np.divide(1, b0, out=b0)") == 2


def test_exact_forms_are_rounded_once() -> None:
    assert "1 / " not in derived("softmax-ce-batch").numpy_source(fast=True, exact=True)


# In each the quotient is a number, and 1/d is none.
KEPT = {
    "length": ("y = x/sum(abs(x))", {"x": ("n",)}, [[1e-310, -3e-310]], [0.25, -0.75]),
    "input": ("y = x/s[:, None]", {"x": ("N", "n"), "s": ("N",)}, [[[3e-310, 0.0]], [6e-310]],
              [[0.5, 0.0]]),
    "sum of others": ("e = exp(a - max(a, axis=1, keepdims=True)); y = e/sum(e, axis=0)",
                      {"a": ("N", "n")}, [[[0.0, -744.9]]], [[1.0, 1.0]]),
    "no maximum": ("e = exp(a); y = e/(sum(e*e, axis=1, keepdims=True))", {"a": ("N", "n")},
                   [[[-358.0, -800.0]]], [[np.exp(358.0), np.exp(-84.0)]]),
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", KEPT)
def test_where_a_reciprocal_overflows_the_quotient_stays(name: str, target: str) -> None:
    text, shapes, values, right = KEPT[name]
    module = sb.derive(text, shapes=shapes).compile(target)
    out, _ = module.forward(*map(np.array, values))
    np.testing.assert_allclose(out, right, rtol=1e-9)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (5, 3)])
def test_results_agree_for_all_sizes(shape: tuple[int, int], target: str) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=shape)
    derivation = sb.derive("y = softmax(a, axis=1); m = y/a.shape[0]", shapes={"a": ("N", "n")})
    dm = rng.normal(size=shape)
    results = []
    for module in (derivation.compile(), derivation.compile(target)):
        m, saved = module.forward(a)
        results.append((m, *module.backward(saved, dm)))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-13)
