"""Every NumPy function, operator and method of the table, against NumPy itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

from symbackprop.frontend.table import FUNCTIONS, METHODS
from tests.frontend.agreement import agrees

POSITIVE: dict[str, Callable[..., Any]] = {
    "power": lambda x, a: np.power(x, a) + np.power(2.5, x) + a**-1.5,
    "float_power": lambda x: np.float_power(x, 3),
    "sqrt": lambda x: np.sqrt(x) + np.sqrt(2),
    "log": lambda x: np.log(x),
    "log2": lambda x: np.log2(x),
    "log10": lambda x: np.log10(x),
    "arcsin": lambda x: np.arcsin(x / 2) + np.arcsin(0.5),
    "arccos": lambda x: np.arccos(x / 2),
    "arccosh": lambda x: np.arccosh(x + 1),
    "arctanh": lambda x: np.arctanh(x / 2.5),
    "logit": lambda x: special.logit(x / 2),
    "xlogy": lambda x, a: special.xlogy(x - x, a - a) + special.xlogy(a, 2.0),
    "log1p": lambda x: np.log1p(x),
    "gammaln": lambda x: special.gammaln(x) + special.gammaln(2.5),
    "digamma": lambda x: special.digamma(x),
    "psi": lambda x: special.psi(x),
    "polygamma": lambda x: special.polygamma(0, x) + special.polygamma(1, x),
    "trigamma": lambda x: special.polygamma(1, x),
}
ANY: dict[str, Callable[..., Any]] = {
    "add": lambda x, a: np.add(x, a) + (1 + a) + (a + 1),
    "subtract": lambda x, a: np.subtract(x, a) - (1 - a) - (a - 1),
    "multiply": lambda x, a: np.multiply(x, a) * (3 * a) * (a * 0.1),
    "divide": lambda x, a: np.divide(x, a) / (2 / a) / 3,
    "true_divide": lambda x, k: np.true_divide(x, k),
    "negative": lambda x: np.negative(x) + -(2 * x),
    "positive": lambda x: np.positive(x) + +x,
    "reciprocal": lambda x: np.reciprocal(x),
    "square": lambda x: np.square(x),
    "exp": lambda x: np.exp(x),
    "expm1": lambda x: np.expm1(x),
    "tanh": lambda x: np.tanh(x),
    "sin": lambda x: np.sin(x) + np.sin(1),
    "cos": lambda x: np.cos(x),
    "tan": lambda x: np.tan(x),
    "arctan": lambda x: np.arctan(x),
    "sinh": lambda x: np.sinh(x),
    "cosh": lambda x: np.cosh(x),
    "arcsinh": lambda x: np.arcsinh(x),
    "erf": lambda x: special.erf(x),
    "erfc": lambda x: special.erfc(x),
    "expit": lambda x: special.expit(x),
    "exp2": lambda x: np.exp2(x),
    "cbrt": lambda x: np.cbrt(x) + np.cbrt(-8),
    "hypot": lambda x, a: np.hypot(x, a),
    "logaddexp": lambda x, a: np.logaddexp(x, a) + np.logaddexp(0, a),
    "heaviside": lambda x, a: np.heaviside(x, a) + np.heaviside(a - a, a),
    "absolute": lambda x: np.absolute(x) * abs(x),
    "abs": lambda x: np.abs(x),
    "fabs": lambda x: np.fabs(x),
    "sign": lambda x: np.sign(x),
    "maximum": lambda x, a: np.maximum(x, a) + np.maximum(0, a),
    "minimum": lambda x, a: np.minimum(x, a) + np.minimum(a, 0.25),
    "clip": lambda x: np.clip(x, -0.5, 0.5) + np.clip(x, None, 0.1) + x.clip(0),
    "where": lambda x, a: np.where(x > a, x, 0.0) + np.where(a, x, a),
    "greater": lambda x, a: np.greater(x, a) * x,
    "greater_equal": lambda x, a: np.greater_equal(x, a) * x,
    "less": lambda x, a: np.less(x, a) * x,
    "less_equal": lambda x, a: (x <= a) * x,
    "equal": lambda x: np.equal(x, x.max(axis=1, keepdims=True)) * 1.0,
    "not_equal": lambda x: (x != x.max(axis=0)) * 1.0,
    "logical_and": lambda x, a: np.logical_and(x > 0, a > 0) * x,
    "logical_or": lambda x, a: np.logical_or(x > 0, a) * x,
    "logical_not": lambda x: np.logical_not(x > 0) * x,
    "bitwise_and": lambda x: ((x > 0) & (x < 1)) * x,
    "bitwise_or": lambda x: ((x < 0) | (x > 1)) * x,
    "invert": lambda x: ~(x > 0) * x,
    "sum": lambda x: np.sum(x) + np.sum(x, axis=0) + np.sum(x, 1, keepdims=True),
    "mean": lambda x: np.mean(x) + np.mean(x, axis=-2) + x.mean(1, keepdims=True),
    "var": lambda x: np.var(x) + x.var(axis=0, ddof=1) + np.var(x, axis=1, keepdims=True),
    "std": lambda x: np.std(x) + x.std(axis=0) + np.std(x, axis=1, keepdims=True, ddof=1),
    "max": lambda x: np.max(x) + x.max(axis=0) + np.max(x, axis=(1,), keepdims=True),
    "amax": lambda x: np.amax(x, axis=0),
    "min": lambda x: np.min(x) + x.min(axis=0) + np.min(x, axis=1, keepdims=True),
    "amin": lambda x: np.amin(x, axis=0),
    "dot": lambda x, w, a, s, r: (
        np.dot(x, w).sum() + np.dot(a, a) + x.dot(a).sum() + np.dot(2, a) + np.dot(s, r).sum()
    ),
    "matmul": lambda x, w, a: np.matmul(x, w) + (a @ w) + (x @ a)[:, None] + (a @ a),
    "average": lambda x, a: (
        np.average(x) + np.average(x, axis=1, weights=a, keepdims=True)
        + np.average(x, 0, weights=np.exp(x))
    ),
    "linalg.norm": lambda x, a, h: (
        np.linalg.norm(x) + np.linalg.norm(a, 1) + np.linalg.norm(a, 2) + np.linalg.norm(x, "fro")
        + np.linalg.norm(x, np.inf, 0) + np.linalg.norm(h, axis=(0, 2)).sum()
        + np.linalg.norm(x, axis=1, keepdims=True)
    ),
    "inner": lambda x, a, h: np.inner(h, x) + np.inner(x, a) + np.inner(2, np.inner(a, a)),
    "outer": lambda a, d: np.outer(a, d),
    "vdot": lambda x, a: np.vdot(x, x) * a,
    "tensordot": lambda s, x, r: (
        np.tensordot(s, x)[:, None] + np.tensordot(x, r, ((1,), (-2,))).sum(axis=0)
        + np.tensordot(x, x, 0).sum()
    ),
    "einsum": lambda s, r, x, q, a, h: (
        np.einsum("sij,sjk->ik", s, r).sum() + np.einsum("ij , j", x, a).sum()
        + np.einsum("ii", q) + np.einsum("ii->i", q) + np.einsum("...ij,...jk->...k", s, r).sum()
        + np.einsum("dsij,ij->sj", h, x, optimize=True).sum(axis=0)
        + np.einsum("ba", x).sum() + np.einsum("...i->...", x).sum()
    ),
    "linalg.multi_dot": lambda x, q, w: np.linalg.multi_dot([x, q, w]),
    "diag": lambda q, a: np.diag(q) + np.diag(a) + np.diag(np.diag(q)),
    "diagonal": lambda q: np.diagonal(q) + q.diagonal(axis1=1, axis2=0),
    "trace": lambda q: np.trace(q) * q.trace(),
    "eye": lambda q, three: q @ np.eye(q.shape[0], like=q) + np.trace(np.eye(3, like=three)),
    "transpose": lambda x, s: (
        np.transpose(s, (2, 1, 0)) + x.T[..., None] + x.transpose(1, 0)[:, :, None]
    ),
    "swapaxes": lambda s, w: np.swapaxes(s, 0, -1) + s.swapaxes(2, 0),
    "expand_dims": lambda a: np.expand_dims(a, 1) + np.expand_dims(a, (0, -1)),
    "squeeze": lambda k: np.squeeze(k) + k.squeeze(1) + k[:, 0],
    "zeros_like": lambda x: np.zeros_like(x) + x,
    "ones_like": lambda x: np.ones_like(x) / x + np.sum(np.ones_like(x)),
    "zeros": lambda x: np.zeros(x.shape) + x + np.zeros(x.shape[1]),
    "ones": lambda x: np.ones((x.shape[0], 1)) * x,
    "full": lambda x, c: np.full(x.shape, 2.5) * x + np.full(x.shape[1:], c),
    "full_like": lambda x: np.full_like(x, 3) * x,
    "identity": lambda q: q @ np.identity(q.shape[0]) + np.identity(len(q)),
    "tri": lambda q, x: q * np.tri(q.shape[0]) + np.sum(x * np.tri(x.shape[0], x.shape[1], -1)),
    "arange": lambda x: (
        x * np.arange(x.shape[1]) + np.arange(2, x.shape[0] + 2)[:, None]
        + np.arange(1, 2 * x.shape[1] + 1, 2)
    ),
    "floor_divide": lambda q, v, d: v[: v.shape[0] // 2] * d * (q.size // q.shape[0]),
    "remainder": lambda v, d: d.sum() * v * (v.shape[0] % 2 + 1),
    "tril": lambda x, s: np.tril(x) + np.tril(s, 1) + np.tril(x, -1),
    "triu": lambda x, s: np.triu(x) + np.triu(s, 2) + np.triu(x, -1),
    "concatenate": lambda x, k, w: (
        np.concatenate((x, k, k * x), axis=1) + np.concatenate([w, w, w]).sum()
    ),
    "concat": lambda a, d: np.concatenate((d, a, d)),
    "stack": lambda a, b: (
        np.stack((a, b, a)) + np.stack([a, b, b], axis=1).T - np.stack((a, a, b), -1).T
    ),
    "hstack": lambda a, d, x, k: np.hstack((a, d)).sum() + np.hstack((x, k)),
    "vstack": lambda a, b, x: np.vstack((a, b)).sum() * np.vstack((x, a)),
    "split": lambda v, x, d: (
        d * np.split(v, 2)[1] * np.split(v, 2)[0] + sum(p.sum() for p in np.split(x, [1, 3]))
        + sum((n + 1) * p.sum() for n, p in enumerate(np.split(x, [1, x.shape[1] - 1], axis=1)))
    ),
    "roll": lambda x, a: (
        np.roll(x, 1, axis=0) + np.roll(x, -2, axis=1) + np.roll(a, 3) + np.roll(a, -1)
        + np.roll(a, 0)
    ),
    "flip": lambda x: np.flip(x) + np.flip(x, 0) + np.flip(x, axis=(1,)),
    "pad": lambda a, x: (
        np.pad(a, 1) + np.pad(a, (2, 0)) + np.pad(a, ((0, 2),), constant_values=3.0)
        + np.pad(x, ((0, 1), (2, 0))).sum(0) + np.pad(x, (1, 1)).sum(0) * np.pad(x, 1).max()
    ),
    "repeat": lambda x, d: np.repeat(x, 2, axis=1) + x.repeat(2, 1) + np.repeat(d, 3).sum(),
    "tile": lambda x, d: (
        np.tile(x, 2) + np.tile(x, (1, 2)) - np.tile(x, (1, 1, 2)) + np.tile(d, 4).sum()
    ),
    "cumsum": lambda x, a: np.cumsum(x, axis=0) + np.cumsum(x, 1) + np.cumsum(a),
    "sliding_window_view": lambda a, x: (
        sliding_window_view(a, 3) + sliding_window_view(x, 3, axis=1)[:2].sum(0)
        + sliding_window_view(x, (2, 3)).sum((0, 2))
    ),
    "take": lambda x, a: np.take(x, 1, axis=1) * x.take(np.arange(2), 0).sum() + np.take(a, -1),
    "take_along_axis": lambda x: np.take_along_axis(
        x, np.arange(x.shape[0])[:, None] * 0 + np.arange(x.shape[1])[::-1], 1
    ),
    "reshape": lambda s: (
        np.reshape(s, (s.shape[0], -1)).sum(0) + s.reshape(s.shape[0], s.shape[1] * s.shape[2])
        + s.reshape(-1).sum() + np.reshape(s, s.shape[::-1]).sum()
    ),
    "ravel": lambda s, x: np.ravel(s).sum() * x.ravel(),
    "linspace": lambda a, x: a * np.linspace(-1, 1, len(a)) + np.linspace(0, x.sum(), len(a)),
    "hsplit": lambda v, d: np.hsplit(v, 2)[1] * d + np.hsplit(v[None], [2])[0].sum(),
    "vsplit": lambda v, d: np.vsplit(v[:, None], 2)[1] * d,
    "column_stack": lambda a, b, q: np.column_stack((a, b, q)),
    "append": lambda a, d, x, w: np.append(a, d).sum() * np.append(x, x, axis=0),
    "atleast_1d": lambda c, a: np.atleast_1d(c) + np.atleast_1d(a),
    "atleast_2d": lambda c, a, x: np.atleast_2d(c) + np.atleast_2d(a) + np.atleast_2d(x),
    "fliplr": lambda x: np.fliplr(x) * x,
    "flipud": lambda x: np.flipud(x) * x,
    "diff": lambda x, a: np.diff(x, axis=0).sum() + np.diff(x).sum(0) * np.diff(a),
    "kron": lambda x, w: np.kron(x, w),
    "prod": lambda three, s, x: (
        np.prod(three) * three.prod() + np.prod(s, axis=(0, 1)) * x.prod() + np.prod(x, 1).sum()
    ),
    "moveaxis": lambda s: np.moveaxis(s, 0, -1) + np.moveaxis(s, (0, 1), (2, 0)),
    "broadcast_to": lambda a, x: np.broadcast_to(a, x.shape) + np.broadcast_to(a, (2, 1, len(a))),
}
# tests/calculus/test_matrices.py has these, with numbers of their own.
MATRICES = {p + f for p in ("", "linalg.") for f in ("cholesky", "inv", "det", "slogdet", "solve")}
METHOD_CASES: dict[str, Callable[..., Any]] = {
    "sum": lambda x: x.sum(0),
    "mean": lambda x: x.mean(axis=(0, 1), keepdims=True),
    "var": lambda x: x.var(),
    "std": lambda x: x.std(),
    "max": lambda x: x.max(),
    "min": lambda x: x.min(),
    "dot": lambda x, w: x.dot(w),
    "diagonal": lambda q: q.diagonal(),
    "trace": lambda q: q.trace(),
    "clip": lambda x: x.clip(-1, 1),
    "squeeze": lambda k: k.squeeze(),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "ravel": lambda x: x.ravel(),
    "prod": lambda three: three.prod() * three,
    "flatten": lambda s: s.flatten(),
    "repeat": lambda a: a.repeat(3),
    "take": lambda x, a: x.take(np.arange(2), axis=1) + x.take(0, 1)[:, None] + a.take(1),
    "cumsum": lambda a, x: a.cumsum() + x.cumsum(axis=0) + x.cumsum(-1),
    "astype": lambda x: x.astype(float) + (x > 0).astype(int) * x.astype(np.float64),
}


def test_every_function_of_the_table_is_tested() -> None:
    assert set(POSITIVE) | set(ANY) | MATRICES == set(FUNCTIONS)
    assert set(METHOD_CASES) == set(METHODS)


@pytest.mark.parametrize("name", POSITIVE)
def test_function_of_positive_numbers(name: str) -> None:
    agrees(POSITIVE[name], positive=True)


@pytest.mark.parametrize("name", ANY)
def test_function(name: str) -> None:
    agrees(ANY[name])


@pytest.mark.parametrize("name", METHOD_CASES)
def test_method(name: str) -> None:
    agrees(METHOD_CASES[name])
