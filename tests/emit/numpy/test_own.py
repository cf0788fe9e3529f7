"""A sum less one of its own terms has the digits of the others."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.emit.numpy.helpers import HELPERS
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
_VECTORS = {"x": ("n",), "w": ("n",)}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_feature_beside_a_much_larger_one(target: str, dtype: type) -> None:
    """What features do to one another is 2^-60 of their squares."""
    x, v = np.array([2.0**30, 2.0**-30, 0.0], dtype), np.array([[1.0], [1.0], [1.0]], dtype)
    module = derived("factorization-machine").compile(target, exact=True)
    value, grads = module.value_and_grad(x, np.zeros(3, dtype), v, dtype(0))
    assert value == 1
    np.testing.assert_array_equal(grads.v[:, 0], [1, 1, 0])
    readable = derived("factorization-machine").compile()
    plain, _ = readable.forward(x, np.zeros(3, dtype), v, dtype(0))
    assert plain != 1


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("text", "wanted"),
    [("s = sum(x); y = s - x", [2.5, 1e20, 1e20]),
     ("s = sum(x); y = x - s", [-2.5, -1e20, -1e20]),
     ("s = sum(x*w); y = w*(s - x*w)", [2.5, 1e20, 1e20]),
     ("s = sum(x); y = 0*w + s**2 - sum(x**2)", [5e20] * 3),
     ("s = sum(x); y = 0*w + sum(x**2) - s**2", [-5e20] * 3)],
)  # fmt: skip
def test_forms(text: str, wanted: list[float], target: str) -> None:
    derivation = sb.derive(text, shapes=_VECTORS if "w" in text else {"x": ("n",)})
    module = derivation.compile(target, exact=True)
    inputs = [np.array([1e20, 1.0, 1.5]), np.ones(3)][: len(derivation.backward.program.inputs)]
    np.testing.assert_allclose(module.forward(*inputs)[0], wanted, rtol=1e-15)
    assert "_sums_before(" in derivation.numpy_source(exact=True)
    assert "_sums_before(" not in derivation.numpy_source()


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_sum_of_others_of_any_length(n: int) -> None:
    module = sb.derive("s = sum(x); y = s - x", shapes={"x": ("n",)}).compile(exact=True)
    x = np.arange(1.0, n + 1)
    np.testing.assert_array_equal(module.forward(x)[0], x.sum() - x)


@pytest.mark.parametrize(
    "text",
    ["s = sum(x*w, axis=1); y = w*(s - x*w)",  # another axis
     "s = sum(x*w, axis=1, keepdims=True); y = w*(s - 2*x*w)",
     "s = sum(x*w, axis=1, keepdims=True); y = w*(s + x*w)",
     "s = sum(x*w); y = w*(s - x*w)",  # both axes
     "s = sum(x, axis=0); y = w*(s**2 - sum(x*x*x, axis=0))",
     "s = sum(x, axis=0); y = w*(s**2 - sum(x**2))"],
)  # fmt: skip
def test_what_is_no_term_of_the_sum_is_taken_away(text: str) -> None:
    derivation = sb.derive(text, shapes={"x": ("n", "n"), "w": ("n", "n")}, wrt=["w"])
    assert "_sums_before(" not in derivation.numpy_source(exact=True)


@pytest.mark.parametrize("shape", [(4,), (0,), (3, 4), (2, 0, 3), (2, 3, 4)])
def test_sums_before(shape: tuple[int, ...]) -> None:
    names: dict[str, object] = {"np": np}
    exec(HELPERS["sums_before"].format(name="before", np="np"), names)
    x = np.arange(float(np.prod(shape))).reshape(shape)
    for axis in range(len(shape)):
        found = names["before"](x, axis)  # type: ignore[operator]
        for place in range(shape[axis]):
            rows = np.take(x, range(place), axis)
            np.testing.assert_array_equal(np.take(found, place, axis), rows.sum(axis=axis))
        assert found.shape == shape
