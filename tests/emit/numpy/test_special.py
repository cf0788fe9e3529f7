"""Values at the edge: probabilities 0 and 1, masked logits, saturation, in all three targets."""

from __future__ import annotations

import warnings
from types import ModuleType

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
INF = np.inf
E = 1 / (1 + np.exp(-1.0))  # the softmax of 1 and 0

# layer, inputs, the value, the gradients that are asked for
CASES = [
    # A masked class has probability 0 and gradient 0, and 0 log 0 = 0.
    ("softmax-ce", ([-INF, 2, 1], [0, 1, 0]), -np.log(E), [[0, E - 1, 1 - E]]),
    ("softmax-ce", ([-INF, -INF, 1], [0, 0, 1]), 0, [[0, 0, 0]]),
    ("softmax-ce-batch", ([[-INF, 2, 1]], [[0, 1, 0]]), -np.log(E), [[[0, E - 1, 1 - E]]]),
    ("softmax", ([-INF, 2, 1],), [0, E, 1 - E], None),
    ("softmax-ce", ([1e4, -1e4, 0], [0, 1, 0]), 2e4, [[1, -1, 0]]),
    ("softmax-ce", ([3], [1]), 0, [[0]]),
    ("softmax-ce", ([7, 7], [0, 1]), np.log(2), [[0.5, -0.5]]),
    ("entropy", ([-INF, 0, 0],), np.log(2), [[0, 0, 0]]),
    # Cross-entropy of given probabilities.
    ("cross-entropy", ([0, 1, 0], [0, 1, 0]), 0, [[0, -1, 0]]),
    ("cross-entropy", ([0, 0.5, 0.5], [0, 1, 0]), np.log(2), [[0, -2, 0]]),
    ("sigmoid-bce", ([1e4, -1e4, 0], [0, 1, 0.5]), 2e4 + np.log(2), [[1, -1, 0]]),
    ("sigmoid-bce", ([1e4, -1e4, 0], [1, 0, 0.5]), np.log(2), [[0, 0, 0]]),
    ("sigmoid", ([1e4, -1e4, 0],), [1, 0, 0.5], [[0, 0, 0.25]]),
    ("softplus", ([1e4, -1e4, 0],), [1e4, 0, np.log(2)], [[1, 0, 0.5]]),
    ("layer-norm", ([[2, 2, 2]], [1, 1, 1], [0, 0, 0], 1e-5), [[0, 0, 0]], None),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("name", "inputs", "value", "slopes"), CASES, ids=lambda v: str(v)[:30])
def test_what_is_finite_is_computed(
    name: str, inputs: tuple, value: object, slopes: list | None, target: str, exact: bool,
    dtype: type,
) -> None:  # fmt: skip
    module = derived(name).compile(target, exact=exact)
    given = [np.asarray(x, dtype) for x in inputs]
    with np.errstate(all="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        out, saved = module.forward(*given)
        grads = module.backward(saved, np.ones_like(out))
    room = 1e-6 if dtype is np.float32 else 1e-14
    np.testing.assert_allclose(out, np.asarray(value, float), rtol=room, atol=room)
    for got, want in zip(grads, slopes or [], strict=False):
        np.testing.assert_allclose(got, np.asarray(want, float), rtol=room, atol=room)


@pytest.mark.parametrize("target", TARGETS[1:])
@pytest.mark.parametrize("rows", [0, 1, 2])
@pytest.mark.parametrize("classes", [1, 3])
def test_few_rows_and_one_class(target: str, rows: int, classes: int) -> None:
    rng = np.random.default_rng(3)
    a, t = rng.normal(size=(rows, classes)), rng.dirichlet(np.ones(classes), size=rows)
    readable, module = (derived("softmax-ce-batch").compile(name) for name in ("numpy", target))
    with np.errstate(all="ignore"):
        value, grads = module.value_and_grad(a, t)
        want, slopes = readable.value_and_grad(a, t)
    np.testing.assert_allclose(value, want, atol=1e-15)
    np.testing.assert_allclose(grads.a, slopes.a, atol=1e-15)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("target", TARGETS)
def test_nan_stays_in_its_row(target: str, exact: bool) -> None:
    module = derived("softmax-ce-batch").compile(target, exact=exact)
    a = np.array([[0.0, 1.0, 2.0], [np.nan, 0.0, 1.0], [-INF, 1.0, 0.0]])
    t = np.array([[0, 1, 0], [0, 0, 1], [0, 1.0, 0]])
    with np.errstate(all="ignore"):
        value, grads = module.value_and_grad(a, t)
    assert np.isnan(value)
    assert np.isnan(grads.a[1]).all()
    assert np.isfinite(grads.a[[0, 2]]).all()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("y", "t", "want"), [(0.0, 1.0, INF), (np.nan, 0.0, np.nan), (0.0, np.nan, np.nan)]
)
def test_what_is_not_finite_is_not_hidden(
    y: float, t: float, want: float, target: str
) -> None:
    module: ModuleType = derived("cross-entropy").compile(target)
    with np.errstate(all="ignore"):
        value, _ = module.forward(np.array([y, 1.0]), np.array([t, 0.0]))
    np.testing.assert_equal(float(value), want)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("logit", [np.nan, INF])
def test_a_weight_of_0_hides_no_logit_that_is_wrong(target: str, logit: float) -> None:
    """Only minus infinity has a probability, which is 0."""
    with np.errstate(all="ignore"):
        value, _ = derived("softmax-ce").compile(target).forward(
            np.array([logit, 1.0]), np.array([0.0, 0.0])
        )
    assert np.isnan(value)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "text",
    [
        "l = log(sum(exp(a))); L = sum(t*(l - a))",
        "l = log(sum(exp(a))); L = -sum(t*(a - l))",
        "L = sum(t*(logsumexp(a) - a))",
        "L = sum(t*(log(2) + logsumexp(a) - a)) - log(2)",
        "L = -sum(t*log_softmax(a))",
    ],
)
def test_a_masked_class_however_the_loss_is_written(text: str, target: str, exact: bool) -> None:
    derivation = sb.derive(text, shapes={"a": ("n",), "t": ("n",)}, wrt=["a"])
    module = derivation.compile(target, exact=exact)
    a, t = np.array([1.0, -INF, 0.5]), np.array([1.0, 0.0, 0.0])
    with np.errstate(all="raise", under="ignore"):
        value, (slopes,) = module.value_and_grad(a=a, t=t)
    y = 1 / (1 + np.exp(-0.5))
    np.testing.assert_allclose(value, -np.log(y))
    np.testing.assert_allclose(slopes, [y - 1, 0, 1 - y])
    with np.errstate(all="ignore"):
        assert module.value_and_grad(a=a, t=np.array([0.5, 0.5, 0]))[0] == INF
        for logit in (INF, np.nan):
            assert np.isnan(module.value_and_grad(a=np.array([1.0, logit, 0.5]), t=t)[0])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "sign"), [("a + logsumexp(a)", 1), ("-a - logsumexp(a)", -1)])
def test_a_weight_of_0_beside_other_sums_of_logarithms(text: str, sign: int, target: str) -> None:
    derivation = sb.derive(f"L = sum(t*({text}))", shapes={"a": ("n",), "t": ("n",)}, wrt=["a"])
    with np.errstate(all="raise", under="ignore"):
        value, _ = derivation.compile(target).forward(
            a=np.array([1.0, -INF, 0.5]), t=np.array([1.0, 0.0, 0.0])
        )
    np.testing.assert_allclose(value, sign * (1 + np.logaddexp(1, 0.5)))


@pytest.mark.parametrize("target", TARGETS)
def test_a_binary_cross_entropy_of_given_probabilities(target: str) -> None:
    derivation = sb.derive(
        "L = -sum(t*log(y) + (1 - t)*log(1 - y))", shapes={"y": ("n",), "t": ("n",)}, wrt=["y"]
    )
    y, t = np.array([0.0, 1.0, 0.5]), np.array([0.0, 1.0, 1.0])
    with np.errstate(all="raise"):
        value, _ = derivation.compile(target).forward(y=y, t=t)
    np.testing.assert_allclose(value, np.log(2))
    # The digits of a small probability are kept: log(1 - y) is a log1p.
    value, _ = derivation.compile(target).forward(y=np.array([1e-12]), t=np.array([0.0]))
    np.testing.assert_allclose(value, -np.log1p(-1e-12), rtol=1e-14)


def test_a_quotient_of_the_forward_pass_stays_undefined() -> None:
    derivation = sb.derive("L = sum(t*log(y) + t/y)", shapes={"y": ("n",), "t": ("n",)})
    with np.errstate(all="ignore"):
        value, _ = derivation.compile().forward(t=np.array([0.0]), y=np.array([0.0]))
    assert np.isnan(value)


@pytest.mark.parametrize("target", TARGETS)
def test_the_divergence_of_distributions_that_share_a_zero(target: str) -> None:
    """m = (p + q)/2 is 0 there, and its logarithm is the forward pass's own."""
    with np.errstate(divide="ignore"):
        value, _ = derived("jensen-shannon").compile(target).forward([0, 1], [0, 1])
    assert value == 0
