"""Exact forms in np.longdouble: what rounding loses in between is gone, also for composites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from benchmarks.errors import worst
from symbackprop import catalogue
from symbackprop.emit.numpy import compile_source
from symbackprop.emit.numpy.extended import LINALG
from symbackprop.errors import InputError
from tests.derived import derived

MODULES = [{"np": np}]
exec(LINALG.format(name="linalg", np="np"), MODULES[0])
linalg: Any = MODULES[0]["linalg"]


@pytest.mark.parametrize("name", catalogue.names())
def test_every_layer_has_it(name: str) -> None:
    """It agrees with the formulas: else VerificationError."""
    assert "wide = np.result_type(dtype, np.longdouble)" in derived(name).numpy_source(
        exact="extended"
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name",
    ["swiglu", "rbf", "squash", "two-layer", "attention", "gelu-tanh", "gaussian-process",
     "log-det", "matrix-inverse", "selu", "softmax-ce-labels"],
)  # fmt: skip
def test_is_rounded_once(name: str, dtype: Any) -> None:
    found = derived(name)
    module = found.compile(exact="extended")
    errors, done = worst(found, [module], dtype, 60, 1.0)
    assert done and max(errors[0].values()) < 0.51


@pytest.mark.parametrize("text", [
    "y = 0.1*x", "y = x/3", "y = x*sqrt(sum(x**0))", "y = x*sum(x**0)**-0.3",
    "y = exp(pi*x)", "y = x*log(2)", "y = x*np.e", "y = x**0.3", "y = where(x > 0.1, x, 0.7)",
    "y = x*sum(x**0)/7", "y = 1e-30*x",
])  # fmt: skip
def test_numbers_have_its_digits(text: str) -> None:
    found = sb.derive(text, shapes={"x": ("n",)})
    errors, _ = worst(found, [found.compile(exact="extended")], np.float64, 40)
    assert max(errors[0].values()) < 0.502


def test_literals_have_the_digits_of_any_long_double() -> None:
    source = derived("gelu-tanh").numpy_source(exact="extended")
    assert 'np.longdouble("3.141592653589793238462643383279502884197")' in source
    assert 'np.longdouble("0.044715")' in source and "0.5 + np.longdouble" in source


def test_results_have_the_dtype_of_the_inputs() -> None:
    module = derived("affine").compile(exact="extended")
    for dtype in (np.float32, np.float64, np.longdouble):
        x, w, b = np.ones(3, dtype), np.ones((3, 4), dtype), np.ones(4, dtype)
        y, saved = module.forward(x, w, b)
        assert {y.dtype, *(g.dtype for g in module.backward(saved, y))} == {np.dtype(dtype)}
        assert saved.dtype == dtype


def test_what_float64_cannot_hold_in_between() -> None:
    """σ(-1000) is below the least float64 and 1e400 above the largest; their product is neither."""
    found = sb.derive("y = (v*sigmoid(x))*v", shapes={"x": ("n",), "v": ("n",)})
    x, v = np.array([-1000.0, 1.0]), np.array([1e200, 1.0])
    y, _ = found.compile(exact="extended").forward(v, x)
    assert y[0] == pytest.approx(np.exp(400 * np.log(10.0) - 1000), rel=1e-12)


def test_names_are_free() -> None:
    found = sb.derive("y = inv(_linalg) @ np_", shapes={"_linalg": ("n", "n"), "np_": ("n",)})
    y, _ = found.compile(exact="extended").forward(2 * np.eye(3), np.ones(3))
    np.testing.assert_array_equal(y, np.full(3, 0.5))


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (4, 5, 5), (2, 3, 2, 2), (0, 3, 3), (2, 0, 0)])
def test_functions_of_matrices(shape: tuple[int, ...]) -> None:
    a = np.random.default_rng(5).normal(size=shape)
    positive = a @ a.swapaxes(-1, -2) + np.eye(shape[-1])
    long, positive_long = a.astype(np.longdouble), positive.astype(np.longdouble)
    for name, got, want in [
        ("inv", linalg.inv(long), np.linalg.inv(a)),
        ("det", linalg.det(long), np.linalg.det(a)),
        ("sign", linalg.slogdet(long)[0], np.linalg.slogdet(a)[0]),
        ("log", linalg.slogdet(long)[1], np.linalg.slogdet(a)[1]),
        ("cholesky", linalg.cholesky(positive_long), np.linalg.cholesky(positive)),
    ]:
        assert np.asarray(got).dtype == np.longdouble, name
        np.testing.assert_allclose(np.asarray(got, float), want, rtol=1e-11, atol=1e-12)


def test_systems_have_its_digits() -> None:
    n = 8
    hilbert = 1 / (np.add.outer(np.arange(n), np.arange(n)) + np.longdouble(1))  # condition 1e10
    x = np.arange(1, n + 1, dtype=np.longdouble)
    right = hilbert @ np.stack([x, -x]).T
    one, several = linalg.solve(hilbert, right[:, 0]), linalg.solve(hilbert, right).T
    assert np.abs(one - x).max() < 1e-7 and np.abs(several - [x, -x]).max() < 1e-7
    doubles = np.linalg.solve(hilbert.astype(float), right[:, 0].astype(float))
    assert np.abs(doubles - x).max() > 1e-7


def test_the_largest_of_a_column_is_the_pivot() -> None:
    a = np.array([[0.0, 1.0, 2.0], [1e-30, 1.0, 1.0], [1.0, 1.0, 1.0]], np.longdouble)
    assert np.abs(a @ linalg.inv(a) - np.eye(3)).max() < 1e-18
    assert linalg.det(a) == -1 and linalg.slogdet(a)[0] == -1


def test_singular_matrices() -> None:
    a = np.ones((2, 3, 3), np.longdouble)
    assert not linalg.det(a).any()
    assert (linalg.slogdet(a)[1] == -np.inf).all() and not linalg.slogdet(a)[0].any()
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        linalg.inv(a)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        linalg.cholesky(-a)
    a[0, 1, 1] = np.nan
    assert np.isnan(linalg.det(a)[0]) and linalg.det(a)[1] == 0


@pytest.mark.parametrize(("target", "exact", "told"), [
    ("c", "extended", "'numpy', not 'c'"), ("numpy-fast", "extended", "not 'numpy-fast'"),
    ("auto", "extended", "not 'auto'"), ("numpy", "wide", "exact is 'wide'"),
])  # fmt: skip
def test_what_there_is_not(target: str, exact: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        derived("tanh").compile(target, exact=exact)
    with pytest.raises(InputError, match="not 'numpy-fast'"):
        derived("tanh").numpy_source(fast=True, exact="extended")


def test_a_machine_without(monkeypatch: pytest.MonkeyPatch) -> None:
    text = derived("tanh").numpy_source(exact="extended")
    finfo = np.finfo
    monkeypatch.setattr(np, "finfo", lambda kind: finfo(float))
    with pytest.raises(ImportError, match="no more digits than float64"):
        compile_source(text)
    with pytest.raises(InputError, match="no more digits"):
        derived("tanh").compile(exact="extended")
