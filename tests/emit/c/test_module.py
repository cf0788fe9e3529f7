"""What a caller of a C module may rely on, and what its C file is like."""

from __future__ import annotations

import inspect
import re
import subprocess
import threading
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.fast.test_module import softmax_ce

pytestmark = needs_compiler
RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return derived("softmax-ce-batch").compile("c")


def test_memory_may_lie_in_any_way(module: ModuleType) -> None:
    a, t = softmax_ce(9, 4)
    want = module.value_and_grad(a, t)[1].a
    wide = np.zeros((4, 18))
    wide[:, ::2] = a.T
    wide.setflags(write=False)
    out = np.zeros((9, 8))[:, ::2]
    _, grads = module.value_and_grad(wide[:, ::2].T, t, out=(out,))
    assert grads.a is out
    np.testing.assert_array_equal(out, want)
    unaligned = np.zeros(9 * 4 * 8 + 1, np.uint8)[1:].view(float).reshape(9, 4)
    unaligned[...] = a
    np.testing.assert_array_equal(module.value_and_grad(unaligned, t)[1].a, want)


@pytest.mark.parametrize("dtype", [np.longdouble, np.float16])
def test_only_two_types_are_computed_with(module: ModuleType, dtype: type) -> None:
    a, t = (x.astype(dtype) for x in softmax_ce(3, 4))
    with pytest.raises(TypeError, match="float32 and float64"):
        module.value_and_grad(a, t)


def test_bytes_may_be_in_the_other_order(module: ModuleType) -> None:
    a, t = softmax_ce(3, 4)
    want = module.value_and_grad(a, t)[1].a
    other = (x.astype(x.dtype.newbyteorder()) for x in (a, t))
    np.testing.assert_array_equal(module.value_and_grad(*other)[1].a, want)


def test_several_threads_may_call_at_once(module: ModuleType) -> None:
    a, t = softmax_ce(400, 300)
    want = module.value_and_grad(a, t)[1].a
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            if not np.array_equal(module.value_and_grad(a, t)[1].a, want):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "text",
    ["y = where(x > w, x, w)", "y = where(x > 0, x*w, 0)", "y = maximum(x, w)", "y = minimum(x, w)",
     "y = 1/(1 + exp(-x)) + w", "y = log(1 + exp(x))*w", "y = abs(x)*w", "y = logaddexp(x, w)",
     "y = max(x, axis=1)*sum(w, axis=1)", "y = min(x, axis=0)*sum(w, axis=0)"],
)  # fmt: skip
def test_special_values_are_those_of_the_readable_module(text: str, dtype: type) -> None:
    derivation = sb.derive(text, shapes={"x": ("N", "n"), "w": ("N", "n")}, wrt=["x"])
    fast, readable = derivation.compile("c"), derivation.compile()
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-300, -800.0, 800.0], dtype)
    for first in (special, special[1:]):
        x, w = (a.astype(dtype) for a in np.meshgrid(first, special))
        with np.errstate(all="ignore"):
            (got, saved), (want, kept) = fast.forward(x, w), readable.forward(x, w)
            one = np.ones_like(got)
            pairs = [(got, want), (fast.backward(saved, one).x, readable.backward(kept, one).x)]
        for mine, other in pairs:
            assert mine.dtype == dtype
            np.testing.assert_allclose(mine, other, rtol=1e-5 if dtype is np.float32 else 1e-13)


def test_the_file_tells_what_it_computes() -> None:
    text = derived("softmax-ce-batch").c_source()
    assert "da[i, j] = (y[i, j] - t[i, j])/N" in text
    assert re.search(r"value_and_grad, loop 1, double: reads a \(N, n\), t \(N, n\); writes", text)
    assert "L = -" in text[text.index("What stands between the loops") :]


@pytest.mark.parametrize("name", ["layer-norm", "lstm-cell", "gaussian-process"])
def test_lines_are_short(name: str) -> None:
    lines = derived(name).c_source().splitlines()
    code = [line for line in lines if not line.startswith(" *") and "#pragma" not in line]
    assert [line for line in code if len(line) > 100] == []


def test_one_loop_over_rows_holds_forward_and_backward_pass() -> None:
    text = derived("softmax-ce-batch").c_source()
    assert len(re.findall(r"^int \w+value_and_grad_\d_f64\(", text, re.MULTILINE)) == 1
    body = text[text.index("value_and_grad_1_f64_rows") :]
    body = body[: body.index("\n}")]
    assert body.count("exp(") == 1
    # The maximum; differences; exponentials; their sum; logarithms; the results.
    assert body.count("#pragma omp simd") == 6
    assert len(re.findall(r"for \(ptrdiff_t i = first;", body)) == 3


def test_functions_of_vector_maths_run_over_several_rows() -> None:
    text = derived("softmax-ce-batch").c_source()
    loop = r"for \(ptrdiff_t e = part; e < stop; e\+\+\)\n +(row\d?\[e\]) = exp\(\1\);"
    assert re.search(loop, text) and "all = (last - first) * n" in text
    assert re.search(r"e < \(last - first\); e\+\+\)\n +row\d\[e\] = log\(row\d\[e\]\);", text)


@pytest.mark.parametrize("name", ["layer-norm", "gelu-tanh", "softmax"])
def test_where_no_row_is_summed_there_are_no_tiles(name: str) -> None:
    """Nor for a square root, which is one instruction."""
    assert "tile" not in derived(name).c_source()


def test_sums_over_the_rows_may_have_an_axis_of_length_1() -> None:
    shapes = {"a": ("N", 1, "n"), "w": (1, "n")}
    derivation = sb.derive("y = w*sum(a*a, axis=0)", shapes=shapes)
    assert "forward_1_f64(" in derivation.c_source()
    a, w = RNG.normal(size=(5, 1, 3)), RNG.normal(size=(1, 3))
    np.testing.assert_allclose(derivation.compile("c").forward(w, a)[0], w * (a * a).sum(axis=0))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("y = sum(exp(A @ w)) + sum(tanh(A))", False),
        ("y = sum(exp(A @ w))", True),
        # What waits for the product reads the matrix in a loop of its own.
        ("v = A @ w; y = sum(tanh(A*sum(v)))", True),
    ],
)
def test_a_matrix_that_a_loop_reads_is_multiplied_with_a_vector_there(
    text: str, whole: bool
) -> None:
    derivation = sb.derive(text, shapes={"A": ("N", "n"), "w": ("n",)}, wrt=["w"])
    module = derivation.compile("c")
    source = inspect.getsource(module)
    body = source[source.index("def forward(") : source.index("def backward(")]
    assert ("np.matmul(" in body) == whole, body
    a, w = RNG.normal(size=(300, 70)), RNG.normal(size=70)
    np.testing.assert_allclose(
        module.forward(a, w)[0], derivation.compile().forward(a, w)[0], rtol=1e-12
    )


def test_vectors_between_loops_are_in_c_too() -> None:
    text = derived("batch-norm").c_source()
    python = text[text.index("What stands between the loops") :]
    assert "np.sqrt(" not in python and "/ N" not in python
    assert "sqrt(" in text
    assert '(2,), "bool"' not in derived("rope").c_source()  # two numbers are no work for C


def test_few_chunks_have_sums_of_their_own() -> None:
    """Each has memory for an array of them."""
    backward = derived("layer-norm").c_source().split("int layer_norm_backward_1_f64(")[1]
    assert backward.split("\n}\n")[0].count("if (rows < 16) rows = 16;") == 1
    assert "if (rows < 16)" not in derived("softmax-ce-batch").c_source()


def test_a_layer_of_matrix_products_has_no_c() -> None:
    derivation = sb.derive("Y = X @ W", shapes={"X": ("N", "d"), "W": ("d", "m")})
    with pytest.raises(sb.errors.NotYet, match="no loop to write in C"):
        derivation.c_source()
    x, w = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 4))
    np.testing.assert_allclose(derivation.compile("c").forward(x, w)[0], x @ w)


@pytest.mark.parametrize("flags", [("-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"),
                                   ("-Wall", "-Werror", "-fopenmp")])  # fmt: skip
@pytest.mark.parametrize("name", ["softmax-ce-batch", "batch-norm", "max-pool", "lstm-cell"])
def test_a_strict_compiler_has_nothing_to_say(
    name: str, flags: tuple[str, ...], tmp_path: Path
) -> None:
    source = tmp_path / "loops.c"
    source.write_text(derived(name).c_source(), encoding="utf-8")
    command = ["cc", "-std=c99", "-pedantic", "-O2", *flags, "-c", str(source)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("width", [17, 37, 1003])
def test_a_maximum_of_a_long_row_is_that_of_numpy(width: int, dtype: type) -> None:
    shapes = {"x": ("N", "n"), "w": ("N",)}
    derivation = sb.derive("y = max(x, axis=1) - min(x, axis=1)*w", shapes=shapes)
    module = derivation.compile("c")
    x = RNG.normal(size=(width + 4, width)).astype(dtype)
    x[np.arange(width), np.arange(width)] = np.nan
    x[width], x[width + 1] = -np.inf, np.inf
    x[width + 2, -1], x[width + 2, 0] = np.inf, -np.inf
    w = np.ones(len(x), dtype)
    with np.errstate(invalid="ignore"):
        want = x.max(axis=1) - x.min(axis=1)
    assert np.isnan(want[: width + 2]).all() and np.isfinite(want[-1])
    np.testing.assert_array_equal(module.forward(x, w)[0], want)
    for most, other in (("max", -np.inf), ("min", np.inf)):
        of_rows = sb.derive(f"y = {most}(x, axis=1)", shapes={"x": ("N", "n")}).compile("c")
        flat = np.full((3, width), other, dtype)
        np.testing.assert_array_equal(of_rows.forward(flat)[0], flat[:, 0])


def test_a_window_is_no_work_for_vectors() -> None:
    text = derived("max-pool").c_source()
    body = text[text.index("max_pool_forward_1_f64_rows") :]
    body = body[: body.index("\n}")]
    assert "q < 2; q++" in body and "pragma" not in body and "nan" not in body
    shapes = {"x": ("N", 9)}
    body = sb.derive("y = max(x, axis=1)", shapes=shapes).c_source()
    assert "reduction(largest" in body and "reduction(nan :" in body
