"""Products over an axis: right where elements are 0, and one law for all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb

Shapes = dict[str, Any]
CASES: list[tuple[str, Shapes]] = [
    ("L = prod(x)", {"x": ("n",)}),
    ("L = prod(X)", {"X": ("n", "m")}),
    ("y = prod(tanh(X), axis=0)", {"X": ("n", "m")}),
    ("y = X/prod(X**2 + 1, axis=1, keepdims=True)", {"X": ("n", "m")}),
    ("L = sum(log(1 + prod(X*w, axis=1)**2))", {"X": ("n", "m"), "w": ("m",)}),
    ("z = x - mean(x); L = prod(z)", {"x": ("n",)}),
    ("y = prod(x[:, None] - w, axis=1)", {"x": ("n",), "w": ("m",)}),
    ("L = prod(prod(X, axis=0) + 1)", {"X": ("n", "m")}),
    ("L = prod(c + 0*x)", {"x": ("n",), "c": ()}),
    ("L = prod(x)", {"x": (3,)}),
    ("L = prod(tanh(prod(tanh(X), axis=0)))", {"X": ("n", "m")}),
    ("L = prod(inv(X @ X.T + eye(X.shape[0])))", {"X": ("n", "m")}),
]


@pytest.mark.parametrize(("text", "shapes"), CASES)
def test_the_gradients_agree_with_numbers(text: str, shapes: Shapes) -> None:
    assert sb.derive(text, shapes=shapes).verify().ok


@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [-1.5, 2.0, 4.0]])
def test_it_is_right_where_elements_are_zero(x: list[float]) -> None:
    module = sb.derive("L = prod(x)", shapes={"x": ("n",)}).compile()
    value, (gradient,) = module.value_and_grad(np.array(x))
    assert value == np.prod(x)
    assert gradient.tolist() == [np.prod(x[:k] + x[k + 1 :]) for k in range(len(x))]


def test_positive_elements_share_the_product() -> None:
    derived = sb.derive("y = prod(x)", shapes={"x": ("n",)}, assume=["x > 0"], wrt=["x"])
    assert str(derived.gradients["x"].expr) == "y/x[k]"


def test_it_reads_as_a_product_over_the_others() -> None:
    derived = sb.derive("L = prod(x)", shapes={"x": ("n",)})
    assert r"\prod_{j \neq k} x_{j}" in derived.latex()
    assert "Π_(j ≠ k) x[j]" in derived.text()
    assert "prod_(j != k) x[j]" in derived.text(unicode=False)
    assert r"\prod_{(k,l) \neq (i,j)} x_{kl}" in sb.derive(
        "L = prod(x)", shapes={"x": ("n", "m")}
    ).latex()


def test_the_factors_fold_as_everywhere() -> None:
    derived = sb.derive("L = sum(prod(1 - 1/(1 + exp(-R)), axis=1))", shapes={"R": ("N", "n")})
    assert "z[i,j]·(z[i,j] - 1)·Π_(k ≠ j) z[i,k]" in derived.text()


def test_second_derivatives() -> None:
    """∂²Π/∂x_k∂x_l is the product over all others, 0 on the diagonal."""
    derived = sb.derive("L = prod(x)", shapes={"x": ("n",)})
    assert derived.hessian("x").verify().ok
    assert derived.hvp("x").verify().ok
    assert derived.jvp("x").verify().ok
