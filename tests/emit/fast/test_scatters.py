"""Values added at positions lie in the memory of the result, and what scales them is put inside."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sympy import Expr, symbols

import symbackprop as sb
from symbackprop.emit.fast.scatters import scaled
from symbackprop.emit.numpy.code import Code, atom, call, operate
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy-fast", pytest.param("c", marks=needs_compiler)]
LAYERS = [
    "softmax-ce-labels", "policy-gradient", "embedding", "bigram", "cosface", "word2vec",
    "collaborative-filtering", "center-loss-labels", "neural-lm", "multiclass-svm-labels",
]  # fmt: skip
SIZES = {"N": 6, "n": 4, "V": 5, "D": 3, "K": 2, "C": 4, "A": 4, "U": 5, "H": 3, "M": 2}


def inputs(name: str, rng: np.random.Generator, **sizes: int) -> list[Any]:
    program = derived(name).backward.program
    known = {**SIZES, **sizes}
    found = []
    for a in program.inputs:
        shape = tuple(int(s.subs({k: known[str(k)] for k in s.free_symbols})) for s in a.shape)
        x = rng.integers(0, 2, shape) if a in program.labels else rng.uniform(0.5, 1.5, shape)
        found.append(x)
    return found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layers_agree_with_the_readable_module(name: str, target: str, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    args = [x if x.dtype.kind == "i" else x.astype(dtype) for x in inputs(name, rng)]
    plain, module = derived(name).compile(), derived(name).compile(target)
    want, kept = plain.forward(*args)
    out, saved = module.forward(*args)
    np.testing.assert_allclose(out, want, rtol=1e-5)
    dout = np.cos(np.arange(np.size(want))).reshape(np.shape(want)).astype(dtype)
    for one, two in zip(module.backward(saved, dout), plain.backward(kept, dout), strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_no_copy_is_made(name: str) -> None:
    source = derived(name).numpy_source(fast=True)
    assert "_add_at(" in source and "_added_at" not in source and "np.zeros" not in source


def test_the_gradient_of_softmax_is_scaled_in_its_loop() -> None:
    source = derived("softmax-ce-labels").numpy_source(fast=True).partition("def value_and")[2]
    assert "_add_at(da, u3, -1 / max(N, 1))" in source
    assert "copyto" not in source and source.count("for lo in") == 1
    exact = derived("softmax-ce-labels").numpy_source(fast=True, exact=True)
    assert "-1 / max(N, 1)" not in exact


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sizes", [{"N": 0}, {"N": 1}, {"n": 1}])
def test_no_rows_one_row_and_one_class(target: str, sizes: dict[str, int]) -> None:
    rng = np.random.default_rng(3)
    a, t = inputs("softmax-ce-labels", rng, **sizes)
    t %= a.shape[1]
    plain, module = derived("softmax-ce-labels").compile(), derived("softmax-ce-labels").compile(
        target)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if not len(a) else "error")
        want, grads = plain.value_and_grad(a, t)
        got, found = module.value_and_grad(a, t)
    np.testing.assert_allclose(got, want, rtol=1e-14)
    np.testing.assert_allclose(found.a, grads.a, rtol=1e-13, atol=1e-16)
    if a.shape[1] == 1:
        assert not found.a.any()


CASES = [
    ("y = x[t]**2", {"x": ("n", "m"), "t": ("k",)}),
    ("y = 3*x[t]", {"x": ("n",), "t": ("k",)}),
    ("y = -tanh(x[t])/c", {"x": ("n", "m", "p"), "t": ("k",), "c": ()}),
    ("y = x[t]*w", {"x": ("n", "m"), "t": ("k", "p"), "w": ("m",)}),
    ("L = sum((log(sum(exp(x), axis=1)) - x[arange(x.shape[0]), t])*w)",
     {"x": ("n", "m"), "t": ("n",), "w": ("n",)}),
    ("y = x[arange(x.shape[0]), t]*3/7", {"x": ("n", "m"), "t": ("n",)}),
    ("L = mean(x[:, t]**2)", {"x": ("n", "m"), "t": ("k",)}),
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "shapes"), CASES, ids=[c[0] for c in CASES])
def test_positions_that_repeat_add_up(
    text: str, shapes: dict[str, tuple[str, ...]], target: str
) -> None:
    derivation = sb.derive(text, shapes=shapes)
    lengths = {"n": 5, "m": 4, "k": 40, "p": 3}
    rng = np.random.default_rng(4)
    args = []
    for name, shape in shapes.items():
        size = tuple(lengths[s] for s in shape)
        args.append(rng.integers(0, 4, size) if name == "t" else rng.uniform(0.5, 2, size))
    plain, module = derivation.compile(), derivation.compile(target)
    y, kept = plain.forward(*args)
    out, saved = module.forward(*args)
    np.testing.assert_allclose(out, y, rtol=1e-13)
    dy = np.cos(np.arange(np.size(y))).reshape(np.shape(y))
    for order in "CF":
        want = plain.backward(kept, dy)
        memory = tuple(np.full_like(np.asarray(g, order=order), np.nan) for g in want)
        found = module.backward(saved, dy, out=memory)
        for one, two in zip(found, want, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


ONE = "sum(x[arange(x.shape[0]), t])"
SUMS = [  # and how many copies the gradients take
    (f"L = sum(exp(x)) - {ONE}", 0),  # the loop has read exp(x) before
    (f"L = sum(w*exp(x)) - {ONE}", 0),
    (f"L = sum(exp(x)*w) - {ONE} + sum(w[arange(x.shape[0]), t]*x[arange(x.shape[0]), t])",
     1),  # both gradients are exp(x) with values added
    (f"u = exp(x)*w; L = sum(u**2/2) - sum(u[t]) - {ONE}", 0),
    (f"L = sum((x + w)**2) - {ONE}", 0),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("text", "copies"), SUMS)
def test_a_copy_is_made_where_what_is_added_to_is_read_later(
    text: str, copies: int, target: str
) -> None:
    shapes = {n: ("n",) if n == "t" else ("n", "m") for n in "xwt" if n in text.replace("exp", "")}
    derivation = sb.derive(text, shapes=shapes)
    rng = np.random.default_rng(4)
    args = [rng.integers(0, 3, 3) if n == "t" else rng.uniform(0.5, 2, (3, 4)) for n in shapes]
    value, grads = derivation.compile(target).value_and_grad(*args)
    want, right = derivation.compile().value_and_grad(*args)
    np.testing.assert_allclose(value, want, rtol=1e-13)
    for one, two in zip(grads, right, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-13, atol=1e-15)
    fused = derivation.numpy_source(fast=True).partition("def value_and_grad")[2]
    assert fused.count("np.copyto(") == copies


def test_blocks_of_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    module = derived("embedding").compile("numpy-fast")
    monkeypatch.setattr(module, "BLOCK_BYTES", 40)
    rng = np.random.default_rng(5)
    E, t, dy = rng.normal(size=(7, 3)), rng.integers(0, 7, 50), rng.normal(size=(50, 3))
    _, saved = module.forward(E, t)
    want = np.zeros_like(E)
    np.add.at(want, t, dy)
    np.testing.assert_allclose(module.backward(saved, dy).E, want, rtol=1e-14)


N, K, M = symbols("N K M")
ROWS = call("np.arange", atom("N"), shape=(N,))


def at(*positions: Code) -> Code:
    return Code("tuple", positions, shape=positions[-1].shape)


def added(x: Code, where: Code) -> Code:
    return call("_added_at", x, where, atom("v", (N,)), shape=x.shape)


@pytest.mark.parametrize(
    ("x", "where", "c", "inside"),
    [
        ((N, K), at(ROWS, atom("t", (N,))), (N, 1),
         "_added_at(x * c, (np.arange(N), t), v * c[:, 0])"),
        ((N, K), at(atom("s", (N,)), atom("t", (N,))), (), "_added_at(x * c, (s, t), v * c)"),
        ((N, K), at(atom("s", (N,)), atom("t", (N,))), (N, 1), None),  # row s_i, not i
        ((N, K), at(ROWS, atom("t", (N, M))), (N, 1), None),  # values of other axes
        ((N, K), atom("t", (N,)), (N, 1), None),  # rows t_i
        ((N, K, M), at(ROWS, atom("t", (N,))), (N, 1, 1), None),
        ((N, K), at(ROWS, atom("t", (N,))), (N, K), None),
        ((N, K), at(ROWS, atom("t", (N,))), (K,), None),
    ],
)  # fmt: skip
def test_which_factors_are_put_inside(
    x: tuple[Expr, ...], where: Code, c: tuple[Expr, ...], inside: str | None
) -> None:
    product = operate("*", added(atom("x", x), where), atom("c", c))
    found = scaled(product, "np", "_added_at", str)
    assert inside == (found if found is None else str(found))


def test_a_divisor_comes_behind_what_it_divides() -> None:
    where = at(ROWS, atom("t", (N,)))
    whole = Code("/", (added(atom("x", (N, K)), where), atom("c", (N, 1))), shape=(N, K))
    found = scaled(whole, "np", "_added_at", str)
    assert str(found) == "_added_at(x / c, (np.arange(N), t), v / c[:, 0])"
    assert scaled(Code("/", (atom("c"), whole), shape=(N, K)), "np", "_added_at", str) is None
