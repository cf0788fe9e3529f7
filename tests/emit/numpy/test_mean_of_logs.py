"""Cross-entropies in exact forms: a mean of logarithms of softmax is two sums, of one sign each."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
_A = {"a": ("n", "m"), "t": ("n", "m")}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("eps", [-1e6, 1e3, 2.0**40])
def test_shares_far_from_0_and_1(eps: float, target: str) -> None:
    """Where logits are equal the loss is log n, whatever the shares, as they sum to 1."""
    module = derived("label-smoothing").compile(target, exact=True)
    value, _ = module.value_and_grad(np.zeros(3), np.array([1.0, 0.0, 0.0]), eps)
    assert abs(value - np.log(3)) <= 2 * np.spacing(np.log(3))
    plain = derived("label-smoothing").compile(target)
    value, _ = plain.value_and_grad(np.zeros(3), np.array([1.0, 0.0, 0.0]), eps)
    assert abs(value - np.log(3)) > 4 * np.spacing(np.log(3))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["softmax-ce", "softmax-ce-batch", "label-smoothing"])
def test_masked_classes_count_nothing(name: str, target: str) -> None:
    module = derived(name).compile(target, exact=True)
    a, t = np.array([3.0, -np.inf, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 0.0])
    more = (np.float64(0),) * (name == "label-smoothing")
    rows = np.atleast_2d if name == "softmax-ce-batch" else np.asarray
    value, grads = module.value_and_grad(rows(a), rows(t), *more)
    with mp.workdps(40):
        want = mp.log(1 + mp.e**2 + mp.e)
    assert abs(value - float(want)) <= 2 * np.spacing(float(want))
    assert grads.a.ravel()[1] == 0
    a[1] = np.nan
    assert np.isnan(module.value_and_grad(rows(a), rows(t), *more)[0])


@pytest.mark.parametrize("target", TARGETS)
def test_a_class_that_is_masked_and_true_is_infinitely_wrong(target: str) -> None:
    module = derived("softmax-ce").compile(target, exact=True)
    value, _ = module.forward(np.array([0.0, -np.inf]), np.array([0.0, 1.0]))
    assert value == np.inf


def test_another_axis_or_a_sum_that_is_not_known() -> None:
    texts = (
        "p = exp(a)/sum(exp(a), axis=0); L = -sum(t*log(p))",  # sum(t, axis=1) is known to be 1
        "p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(t**2*log(p))",
        "p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(exp(a[0])*t*log(p))",
        "top = max(a, axis=1, keepdims=True); s = sum(exp(a - top), axis=1, keepdims=True);"
        "L = sum(t*(a - top + log(s)))",
    )
    random = np.random.default_rng(0)
    a, t = random.normal(size=(3, 4)), random.dirichlet(np.ones(4), 3)
    for text in texts:
        found = sb.derive(text, shapes=_A, assume=("sum(t, axis=1) == 1",), wrt=("a",))
        assert_agrees(found, {"a": a, "t": t})
        assert ") - sum_" not in found.numpy_source(exact=True).split("Backward:")[0]


_ROWS = "p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(t*log(p))"
_FIRST = "q = exp(a[0])/sum(exp(a[0])); "


@pytest.mark.parametrize(
    "text",
    [_FIRST + _ROWS + " - sum(diag(t)*log(q))",  # not a sum over a row
     _FIRST + _ROWS + " - sum(t[:, 0]*log(q))",
     "top = max(a, axis=1, keepdims=True); s = sum(exp(a - top), axis=1, keepdims=True);"
     + _ROWS + " + sum(t*(a - top + log(s)))",
     _ROWS + " - sum(c*t*log(p))",
     _ROWS + " - sum(t.T*log(p))",
     _ROWS + " - sum(t*log(p), axis=1) @ c"],
)  # fmt: skip
def test_what_is_no_mean_beside_one_that_is(text: str) -> None:
    shapes = {"a": ("n", "n"), "t": ("n", "n"), **({"c": ("n",)} if "c" in text else {})}
    found = sb.derive(text, shapes=shapes, assume=("sum(t, axis=1) == 1",), wrt=("a",))
    random = np.random.default_rng(0)
    given = {"a": random.normal(size=(3, 3)), "t": random.dirichlet(np.ones(3), 3)}
    assert_agrees(found, given | {"c": random.normal(size=3)})


def test_a_sum_that_is_known_of_one_row() -> None:
    text = "p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(t[0]*log(p[0])) - sum(t*log(p))"
    found = sb.derive(text, shapes=_A, assume=("sum(t[0]) == 1",), wrt=("a",))
    random = np.random.default_rng(0)
    a, t = random.normal(size=(3, 4)), random.normal(size=(3, 4))
    t[0] = [0.25, 0.5, 0.25, 0]
    assert_agrees(found, {"a": a, "t": t})


@pytest.mark.parametrize("target", TARGETS)
def test_weights_of_rows(target: str) -> None:
    """What stands beside the shares is in both sums."""
    text = "p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(w[:, None]*t*log(p))"
    shapes = {**_A, "w": ("n",)}
    found = sb.derive(text, shapes=shapes, assume=("sum(t, axis=1) == 1",), wrt=("a",))
    names = [a.name for a in found.backward.program.inputs]
    random = np.random.default_rng(0)
    given = {"a": random.normal(size=(3, 4)), "t": np.eye(4)[:3], "w": np.array([2.0, -1, 0.5])}
    value, _ = found.compile(target, exact=True).value_and_grad(*(given[n] for n in names))
    with mp.workdps(40):
        rows = [[mpf(x) for x in row] for row in given["a"]]
        logs = [row[n] - mp.log(sum(map(mp.exp, row))) for n, row in enumerate(rows)]
        want = -sum(mpf(w) * x for w, x in zip(given["w"], logs, strict=True))
    np.testing.assert_allclose(value, float(want), rtol=2e-15)
