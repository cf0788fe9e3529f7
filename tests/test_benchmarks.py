"""What is measured side by side computes the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed import SHAPES, contestants, inputs_of

SMALL = {
    "softmax-ce": (5, 3), "sigmoid": (7,), "layer-norm": (4, 6), "batch-norm": (4, 6),
    "affine": (3, 4, 5), "attention": (4, 3), "two-layer": (4, 5, 6, 3),
}  # fmt: skip


def test_every_layer_has_a_small_shape() -> None:
    assert SMALL.keys() == SHAPES.keys()


@pytest.mark.parametrize("layer", SMALL)
def test_all_contestants_agree_with_the_textbook(layer: str) -> None:
    inputs = inputs_of(layer, SMALL[layer], "float64")
    cases = contestants(layer, inputs)
    value, grads = cases.pop("textbook")()
    assert {"readable", "fast"} <= cases.keys()
    for name, case in cases.items():
        got, slopes = case()
        if name in ("readable", "fast") or np.ndim(value) == 0:
            np.testing.assert_allclose(got, value, rtol=1e-5)  # the book adds 1e-7 to y
        for one, other in zip(slopes, grads, strict=True):
            np.testing.assert_allclose(np.asarray(one), other, rtol=1e-6, atol=1e-9)
