"""What a caller of a fast module may rely on: dtypes, memory, errors, names."""

from __future__ import annotations

import ast
import builtins
import random
import tracemalloc
from types import ModuleType

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalogue import names
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.programs.generate import generate

RNG = np.random.default_rng(3)


def softmax_ce(rows: int, classes: int, dtype: type = float) -> tuple[np.ndarray, np.ndarray]:
    a = RNG.normal(size=(rows, classes)).astype(dtype)
    return a, RNG.dirichlet(np.ones(classes), size=rows).astype(dtype)


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return derived("softmax-ce-batch").compile("numpy-fast")


@pytest.fixture(scope="module")
def readable() -> ModuleType:
    return derived("softmax-ce-batch").compile()


def test_a_large_batch_is_several_blocks(module: ModuleType, readable: ModuleType) -> None:
    a, t = softmax_ce(300, 1000)
    assert a.nbytes > 4 * module.BLOCK_BYTES
    value, grads = module.value_and_grad(a, t)
    want, slopes = readable.value_and_grad(a, t)
    np.testing.assert_allclose(value, want, rtol=1e-14)
    np.testing.assert_allclose(grads.a, slopes.a, rtol=1e-10, atol=1e-18)


def test_float32_stays_float32(module: ModuleType, readable: ModuleType) -> None:
    a, t = softmax_ce(70, 30, np.float32)
    value, grads = module.value_and_grad(a, t)
    assert value.dtype == grads.a.dtype == np.float32
    np.testing.assert_allclose(grads.a, readable.value_and_grad(a, t)[1].a, atol=1e-8)


@pytest.mark.parametrize("columns", [3, 300])
def test_a_masked_class_without_weight_has_no_share(
    module: ModuleType, readable: ModuleType, columns: int
) -> None:
    a, t = softmax_ce(12, columns)
    a[::2, 1], t[:, 1] = -np.inf, 0
    t /= t.sum(axis=1, keepdims=True)
    value, grads = module.value_and_grad(a, t)
    want, slopes = readable.value_and_grad(a, t)
    assert np.isfinite(value)
    np.testing.assert_allclose(value, want, rtol=1e-14)
    np.testing.assert_allclose(grads.a, slopes.a, rtol=1e-12, atol=1e-18)
    assert (grads.a[::2, 1] == 0).all()
    t[0, 1] = 0.5
    assert module.value_and_grad(a, t)[0] == np.inf


def test_the_buffers_of_numpy_are_what_they_were(module: ModuleType) -> None:
    before = np.getbufsize()
    a, t = softmax_ce(40, 300)
    seen = []
    exp, np.exp = np.exp, lambda *x, **out: seen.append(np.getbufsize()) or exp(*x, **out)
    try:
        module.value_and_grad(a, t)
    finally:
        np.exp = exp
    assert seen == [256] and np.getbufsize() == before
    a[3, 3] = np.inf
    with pytest.raises(FloatingPointError), np.errstate(invalid="raise"):
        module.value_and_grad(a, t)
    assert np.getbufsize() == before


def test_strides_integers_and_read_only_inputs(module: ModuleType) -> None:
    a, t = softmax_ce(9, 4)
    want = module.value_and_grad(a, t)[1].a
    wide = np.zeros((4, 18))
    wide[:, ::2] = a.T
    wide.setflags(write=False)
    np.testing.assert_array_equal(module.value_and_grad(wide[:, ::2].T, t)[1].a, want)
    whole = np.eye(4, dtype=int)
    value, _ = module.value_and_grad(whole, whole)
    assert value == module.value_and_grad(whole.astype(float), whole.astype(float))[0]


def test_a_workspace_is_used_again_and_results_are_not_in_it(module: ModuleType) -> None:
    work = module.Workspace()
    (a, t), (b, u) = softmax_ce(6, 3), softmax_ce(6, 3)
    first = module.value_and_grad(a, t, workspace=work)[1].a
    kept = first.copy()
    module.value_and_grad(b, u, workspace=work)
    np.testing.assert_array_equal(first, kept)
    saved = module.forward(a, t, workspace=work)[1]
    np.testing.assert_allclose(module.backward(saved, workspace=work).a, kept, rtol=1e-13)


def test_nothing_large_is_allocated_with_out_and_a_workspace(module: ModuleType) -> None:
    a, t = softmax_ce(2000, 100)
    work, out = module.Workspace(), module.Grads(np.empty_like(a))
    _, grads = module.value_and_grad(a, t, out=out, workspace=work)
    assert grads.a is out.a
    tracemalloc.start()
    module.value_and_grad(a, t, out=out, workspace=work)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.05 * a.nbytes


def test_memory_is_that_of_the_result_and_two_blocks(module: ModuleType) -> None:
    a, t = softmax_ce(4000, 500)
    module.value_and_grad(a, t)
    tracemalloc.start()
    module.value_and_grad(a, t)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < a.nbytes + 2.2 * module.BLOCK_BYTES


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a: np.empty((a.shape[0], 2)), "shape"),
        (lambda a: np.empty(a.shape, np.float32), "dtype"),
        (lambda a: a.tolist(), "not an array"),
        (lambda a: a, "shares memory"),
        (lambda a: a[::-1], "shares memory"),
    ],
)
def test_memory_that_does_not_fit_is_an_error(module: ModuleType, make, words: str) -> None:
    a, t = softmax_ce(5, 3)
    with pytest.raises(ValueError, match=rf"out\[0\].*{words}"):
        module.value_and_grad(a, t, out=(make(a),))


def locked(a: np.ndarray) -> np.ndarray:
    a.setflags(write=False)
    return a


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, b: (a,), r"out holds 1 arrays; out\[1\] is to be one too"),
        (lambda a, b: (a, locked(b)), r"out\[1\] is read-only"),
        (lambda a, b: (a, a), r"out\[1\] shares memory with an input or with another of out"),
        (lambda a, b: (a, a[:]), r"out\[1\] shares memory with an input or with another of out"),
        (lambda a, b: (a, b[:1]), r"out\[1\] is not an array of shape \(4, 3\)"),
    ],
)
def test_nothing_is_written_where_one_of_several_does_not_fit(make, words: str) -> None:
    derivation = sb.derive("L = sum(x**2*w)", shapes={"x": ("N", "n"), "w": ("N", "n")})
    fast = derivation.compile("numpy-fast")
    x = RNG.normal(size=(4, 3))
    first, second = np.zeros((4, 3)), np.zeros((4, 3))
    with pytest.raises(ValueError, match=words):
        fast.value_and_grad(x, x + 1, out=make(first, second))
    assert not first.any() and not second.any()


def test_sums_of_rows_may_be_written_apart() -> None:
    fast = sb.derive("y = sum(exp(a), axis=1)", shapes={"a": ("N", "n")}).compile("numpy-fast")
    a, memory = RNG.normal(size=(40, 3)), np.full(80, -1.0)
    y, _ = fast.forward(a, out=(memory[::2],))
    np.testing.assert_allclose(memory[::2], np.exp(a).sum(axis=1))
    assert y.base is memory and (memory[1::2] == -1).all()


def test_docstrings_say_what_out_and_workspace_are(module: ModuleType) -> None:
    assert "out: arrays for the gradients in a, in this order" in module.value_and_grad.__doc__
    for function in (module.forward, module.backward, module.value_and_grad):
        assert "workspace: a Workspace; the next call uses its memory again" in function.__doc__


def test_shapes_are_checked(module: ModuleType) -> None:
    with pytest.raises(ValueError, match="t has shape"):
        module.value_and_grad(np.zeros((2, 3)), np.zeros((2, 4)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "text",
    ["y = where(x > w, x, w)", "y = where(x > 0, x*w, 0)", "y = where(x > 0, x, w)",
     "y = 1/(1 + exp(-x)) + w", "y = log(1 + exp(x))*w"],
)  # fmt: skip
def test_special_values_are_those_of_the_readable_module(text: str, dtype: type) -> None:
    derivation = sb.derive(text, shapes={"x": ("N", "n"), "w": ("N", "n")}, wrt=["x"])
    fast, readable = derivation.compile("numpy-fast"), derivation.compile()
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-300, -800.0, 800.0], dtype)
    x, w = (a.astype(dtype) for a in np.meshgrid(special, special))
    with np.errstate(all="ignore"):
        (got, saved), (want, kept) = fast.forward(x, w), readable.forward(x, w)
        pairs = [(got, want), (fast.backward(saved, w).x, readable.backward(kept, w).x)]
    for one, other in pairs:
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=1e-6 if dtype is np.float32 else 1e-14)


NAMES = ["out", "workspace", "lo", "hi", "step", "b0", "ones",
         "Workspace", "BLOCK_BYTES", "MANY_ROWS", "SHORT_ROW", "LONG_ROW",
         "UNSHIFTED"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_input_may_have_any_name(name: str) -> None:
    text = f"y = exp({name})/sum(exp({name}), axis=1, keepdims=True); L = sum(y**2)"
    derivation = sb.derive(text, shapes={name: ("N", "n")})
    x = RNG.normal(size=(5, 3))
    fast = derivation.compile("numpy-fast")
    vars(fast)["BLOCK_BYTES"] = 50
    (got,) = fast.value_and_grad(x)[1]
    (want,) = derivation.compile().value_and_grad(x)[1]
    np.testing.assert_allclose(got, want, rtol=1e-12)


def undefined(source: str) -> set[str]:
    """The names that a module uses and nowhere defines."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [n for n in nodes if isinstance(n, ast.Name)]
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)} | set(dir(builtins))
    made |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    made |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    imported = [n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
    made |= {a.asname or a.name for n in imported for a in n.names}
    return {n.id for n in names} - made


@pytest.mark.parametrize(
    "text",
    ["L = sum(max(x, axis=1))", "L = sum(w*x.sum(axis=1, keepdims=True))",
     "L = sum(max(x, axis=1)*sum(w, axis=1))", "L = sum(where(x > 0, x*w, 0))"],
)  # fmt: skip
def test_a_module_defines_every_name_that_it_uses(text: str) -> None:
    shapes = {name: ("N", "n") for name in "xw" if name in text}
    assert undefined(sb.derive(text, shapes=shapes, wrt=["x"]).numpy_source(fast=True)) == set()


@pytest.mark.parametrize("seed", [7002797, 7003756, 7004070])
def test_helpers_of_the_fused_function_alone_are_defined(seed: int) -> None:
    """Random programs whose forward and backward pass have no use for one of the helpers."""
    program = generate(random.Random(seed).choice)
    source = sb.derive(program.function(), shapes=program.shapes).numpy_source(fast=True)
    assert undefined(source) == set()


@pytest.mark.parametrize("name", names())
def test_a_layer_defines_every_name_that_it_uses(name: str) -> None:
    assert undefined(derived(name).numpy_source(fast=True)) == set()


def test_a_sum_has_axes_of_length_1_where_these_are_needed_alone() -> None:
    forward = sb.derive("y = sum(exp(x), axis=1)", shapes={"x": ("N", "n")}).numpy_source(fast=True)
    assert "np.matmul(b0, ones, out=y_)" in forward


def test_two_equal_gradients_have_memory_of_their_own() -> None:
    derivation = sb.derive("L = sum((x + w)**3)", shapes={"x": ("N", "n"), "w": ("N", "n")})
    grads = derivation.compile("numpy-fast").value_and_grad(np.ones((2, 3)), np.ones((2, 3)))[1]
    assert not np.may_share_memory(grads.x, grads.w)
    np.testing.assert_array_equal(grads.x, grads.w)


def test_a_target_that_is_not_known_is_an_error() -> None:
    with pytest.raises(sb.InputError, match=r"'fortran'.*numpy, numpy-fast"):
        derived("softmax-ce").compile("fortran")


@pytest.mark.parametrize("target", ["numpy-fast", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("index", ["-1", "2", "3", "4"])
def test_an_exponent_that_is_a_row_is_no_number(index: str, target: str) -> None:
    derivation = sb.derive(f"y = 2.0**x[{index}]*w", shapes={"x": (5, "n"), "w": ("n",)})
    x, w = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    got, _ = derivation.compile(target).forward(x, w)
    np.testing.assert_allclose(got, 2.0 ** x[int(index)] * w, rtol=1e-14)


@pytest.mark.parametrize("target", ["numpy-fast", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("text", [
    "L = mean(x)", "L = mean(x**2)", "L = mean(x[t]**2)", "L = mean(tanh(x[t]))*2",
    "L = mean(exp(x)*s)",
])  # fmt: skip
def test_the_mean_of_no_rows_is_no_number_and_no_error(text: str, target: str) -> None:
    label = "t" in text.replace("tanh", "")
    shapes = {"x": ("m",) if label else ("n",), **({"t": ("n",)} if label else {}),
              **({"s": ()} if "*s" in text else {})}  # fmt: skip
    module = sb.derive(text, shapes=shapes).compile(target)
    x = np.ones(3 if label else 0)
    rest = [np.zeros(0, int)] if label else []
    rest += [np.array(2.0)] if "*s" in text else []
    with np.errstate(all="ignore"):
        value, grads = module.value_and_grad(x, *rest)
    assert np.isnan(value)
    assert grads.x.shape == x.shape
    assert not np.nan_to_num(grads.x).any()


def test_a_sign_is_not_written_where_it_is_read() -> None:
    """np.sign is slow in place."""
    source = sb.derive("L = mean(abs(y - t))", shapes={"y": ("n",), "t": ("n",)}).numpy_source(
        fast=True)  # fmt: skip
    signs = [line for line in source.splitlines() if "np.sign(" in line]
    assert signs
    for line in signs:
        read, _, written = line.partition("np.sign(")[2].rstrip(")").partition(", out=")
        assert read != written


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["sum", "max", "mean"])
def test_short_axes_among_others_are_reduced_one_by_one(kind: str, dtype: type) -> None:
    text = f"y = {kind}(reshape(x, (x.shape[0], -1, 3, x.shape[2]//2, 2)), axis=(2, 4))"
    d = sb.derive(text, shapes={"x": ("N", "3*h", "2*w")})
    module = d.compile("numpy-fast")
    assert "_over_axes(" in d.numpy_source(fast=True).partition("def forward")[2]
    for rows, h, w in ((0, 2, 2), (1, 1, 1), (5, 2, 3), (400, 4, 30)):
        x = RNG.normal(size=(rows, 3 * h, 2 * w)).astype(dtype)
        y, saved = module.forward(x)
        blocks = x.reshape(rows, h, 3, w, 2)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, getattr(blocks, kind)(axis=(2, 4)), rtol=1e-5, atol=1e-6)
        dy = RNG.normal(size=y.shape).astype(dtype)
        dx = module.backward(saved, dy).x.reshape(blocks.shape)
        np.testing.assert_allclose(dx.sum((2, 4)), dy * (1 if kind != "sum" else 6), rtol=1e-4,
                                   atol=1e-5)  # fmt: skip


def test_a_sum_that_is_kept_and_not_kept_is_computed_once() -> None:
    source = derived("softmax-ce-labels").numpy_source(fast=True).partition("def value_and")[2]
    assert source.count("np.maximum") == 1 and source.count(".dot(ones") == 1


def test_a_choice_between_two_inputs_is_made_by_rows() -> None:
    source = derived("leaky-relu").numpy_source(fast=True).partition("def backward")[2]
    assert "_select(b0, 1, alpha, dx_)" in source and "np.where" not in source
