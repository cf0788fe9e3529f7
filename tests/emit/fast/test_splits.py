"""A sum of logarithms of softmax is two sums, where nothing else needs the logarithms."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from sympy import S, Symbol

import symbackprop as sb
from symbackprop.emit.fast.graph import FLOAT, Graph
from symbackprop.emit.fast.splits import WEIGHTED, join_weights, split_sums
from symbackprop.emit.numpy.code import Code, atom, call, operate
from symbackprop.emit.numpy.statements import Assignment

P = "p = softmax(a, axis=1); "
SPLIT = [
    P + "L = -sum(t*log(p))/a.shape[0]",
    P + "L = sum(log(p)*t)",
    "L = -sum(t*log_softmax(a, axis=1))",
    "L = sum(log_softmax(a*t, axis=1)*c)",
]
WHOLE = [
    P + "L = -sum(t*log(p)) + sum(log(p)**2)",  # needed elsewhere
    P + "L = sum(log(p)*log(p))",
    "L = sum(t*(a - log(sum(exp(a)**2, axis=1, keepdims=True))))",
    "L = sum(t*(a - log(sum(exp(a), axis=0, keepdims=True))))",
    "m = max(a, axis=1, keepdims=True); s = sum(exp(a - m), axis=1, keepdims=True); "
    "L = sum(t*(a - log(s)))",
    "L = sum(sum(t*log_softmax(a, axis=1), axis=1)**2)",
    "m = max(a, axis=1, keepdims=True); s = sum(exp(a - m), axis=1, keepdims=True); "
    "L = sum(t*(a - m - sqrt(s)))",
    "L = sum(t*(a - log(sum(abs(a), axis=1, keepdims=True))))",
]  # fmt: skip


def derivation(text: str) -> sb.Derivation:
    shapes = {n: ("N", "n") for n in "atc" if f"{n}*" in text or f"*{n}" in text or n == "a"}
    return sb.derive(text, shapes=shapes, wrt=["a"])


def parts(source: str) -> tuple[bool, bool]:
    """Whether forward and the fused function have a second sum, of a number for each row."""
    forward, _, fused = source.partition("def backward")
    return "np.vdot(b" in forward, "np.vdot(b" in fused.partition("def value_and_grad")[2]


@pytest.mark.parametrize("text", [*SPLIT, *WHOLE])
def test_which_sums_are_taken_apart(text: str) -> None:
    assert parts(derivation(text).numpy_source(fast=True)) == (text in SPLIT,) * 2


def test_logarithms_that_are_kept_are_summed() -> None:
    """For the gradient in t."""
    source = sb.derive(SPLIT[0], shapes={"a": ("N", "n"), "t": ("N", "n")}).numpy_source(fast=True)
    assert parts(source) == (False, False)


N, K = Symbol("N"), Symbol("K")


W, C, U = (atom(n, (N, K)) for n in "wcu")


def graph(**sums: Code) -> Graph:
    """Sums over all, of products with matrices."""
    given = {n: ((N, K), FLOAT) for n in "wcu"}
    made = [Assignment(n, Code("reduce", (x,), "np.sum", (0, 1)), ()) for n, x in sums.items()]
    return Graph(made, given, "np", str, str)


def counting(x: Code) -> Code:
    """x where it is no -inf of weight 0."""
    least = operate("==", x, atom("-np.inf"))
    mask = operate("&", operate("==", W, atom("0")), least)
    return call("np.where", mask, atom("0"), x, shape=(N, K))


def test_what_counts_is_an_array_where_it_has_two_readers() -> None:
    own, other = operate("*", W, counting(U)), operate("*", C, counting(U))
    for sums, joined in (({"x": own}, ["x"]), ({"x": other}, []), ({"x": own, "y": other}, [])):
        found = graph(**sums)
        join_weights(found)
        assert [n for n, node in found.roots.items() if node.ufunc == WEIGHTED] == joined


def test_differences_that_two_sums_weigh_are_computed_once() -> None:
    rows = ((1,), True, (N, S.One))
    x = operate("-", U, Code("reduce", (U,), "np.max", *rows))
    e = call("np.exp", x, shape=(N, K))
    log = call("np.log", Code("reduce", (e,), "np.sum", *rows), shape=(N, S.One))
    own, other = (operate("*", y, counting(operate("-", x, log))) for y in (W, C))
    for sums, apart in (({"x": own}, True), ({"x": own, "y": other}, False)):
        found = graph(**sums)
        split_sums(found, "np", (), by_rows=False)
        assert (found.roots["x"].code.op == "-") == apart
        found = graph(**sums)
        split_sums(found, "np", (), by_rows=True)
        (inner,) = found.roots["x"].code.args[:1]
        assert found.roots["x"].ufunc == ("sum" if apart else "dot")
        assert (inner.op == "-") == apart


@pytest.mark.parametrize("ones", [(), ("u", "c"), ("w",)])
@pytest.mark.parametrize("by_rows", [False, True])
def test_weights_that_sum_to_1_are_not_summed(by_rows: bool, ones: tuple[str, ...]) -> None:
    rows = ((1,), True, (N, S.One))
    x = operate("-", U, Code("reduce", (U,), "np.max", *rows))
    e = call("np.exp", x, shape=(N, K))
    log = call("np.log", Code("reduce", (e,), "np.sum", *rows), shape=(N, S.One))
    found = graph(x=operate("*", W, counting(operate("-", x, log))))
    split_sums(found, "np", (), ones, by_rows=by_rows)
    summed = [n for n in found.nodes if n.ufunc == "sum" and str(n.args[0].code) == "w"]
    assert len(summed) == ("w" not in ones)


def test_losses_rest_on_what_the_gradient_rests_on() -> None:
    """With t declared to sum to 1 there is no sum of t; where nothing is declared, there is."""
    text = "e = exp(a); y = e/sum(e, axis=1, keepdims=True); L = -sum(t*log(y))"
    shapes = {"a": ("N", "n"), "t": ("N", "n")}
    rng = np.random.default_rng(2)
    a, t = rng.normal(size=(5, 4)), rng.uniform(size=(5, 4))
    for facts, is_summed in ((("sum(t, axis=1) == 1",), False), ((), True)):
        found = sb.derive(text, shapes=shapes, assume=facts, wrt=("a",))
        t_ = t if is_summed else t / t.sum(axis=1, keepdims=True)
        want, slopes = found.compile().value_and_grad(a, t_)
        for target in ("numpy-fast", "auto"):
            value, grads = found.compile(target).value_and_grad(a, t_)
            np.testing.assert_allclose(value, want, rtol=1e-14)
            np.testing.assert_allclose(grads.a, slopes.a, rtol=1e-12, atol=1e-15)
        assert ("t_.dot(ones" in found.numpy_source(fast=True)) == is_summed


@pytest.mark.parametrize("facts", [("sum(t, axis=0) == 1",), ("sum(t, axis=1) == 2",)])
def test_other_facts_do_not_count(facts: tuple[str, ...]) -> None:
    text = "e = exp(a); y = e/sum(e, axis=1, keepdims=True); L = -sum(t*log(y)) + sum(sum(t, {})*w)"
    text = text.format(f"axis={facts[0][12]}")
    shapes = {"a": ("N", "n"), "t": ("N", "n"), "w": ("n" if "axis=0" in text else "N",)}
    found = sb.derive(text, shapes=shapes, assume=facts, wrt=("a", "w"))
    assert "t_.dot(ones" in found.numpy_source(fast=True)


def results(module: ModuleType, inputs: list[np.ndarray]) -> list[np.ndarray]:
    value, saved = module.forward(*inputs)
    fused, grads = module.value_and_grad(*inputs)
    return [value, *module.backward(saved), fused, *grads]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [0.1, 3, 1e3])
@pytest.mark.parametrize("text", [*SPLIT, *WHOLE])
def test_results_are_those_of_the_readable_module(text: str, scale: float, dtype: type) -> None:
    derived, rng = derivation(text), np.random.default_rng(6)
    count = len(derived.backward.program.inputs)
    inputs = [(k * rng.normal(size=(40, 30))).astype(dtype) for k in (scale, 1, 1)[:count]]
    before = [x.copy() for x in inputs]
    fast = derived.compile("numpy-fast")
    want = results(derived.compile(), [x.astype(float) for x in inputs])
    for block in (1, 500, 10**6):
        fast.BLOCK_BYTES = block
        for one, other in zip(want, results(fast, inputs), strict=True):
            assert np.asarray(other).dtype == dtype
            size = np.max(np.abs(one)) + 1
            np.testing.assert_allclose(other / size, one / size, atol=500 * np.finfo(dtype).eps)
    for one, other in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("block", [1, 10**6])
@pytest.mark.parametrize("rows", [3, 600])
def test_a_class_that_cannot_be_counts_where_it_has_a_weight(rows: int, block: int) -> None:
    derived = derivation(SPLIT[0])
    fast, rng = derived.compile("numpy-fast"), np.random.default_rng(7)
    fast.BLOCK_BYTES = block
    a, t = rng.normal(size=(rows, 5)), rng.dirichlet(np.ones(5), size=rows)
    a[:, 2], t[:, 2] = -np.inf, 0
    for one, other in zip(results(derived.compile(), [a, t]), results(fast, [a, t]), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-16)
    t[1, 2] = 0.5
    assert fast.value_and_grad(a, t)[0] == np.inf
    a[0, 0] = np.nan
    assert np.isnan(fast.value_and_grad(a, t)[0])
