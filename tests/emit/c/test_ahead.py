"""Arrays that are fetched from memory while loops compute from the cache."""

from __future__ import annotations

import re
from types import ModuleType

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import building
from symbackprop.emit.c import CSource, c_source
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.c.test_layers import IN_PLACE

RNG = np.random.default_rng(8)
ROWS = {"a": ("N", "n"), "b": ("N", "n"), "w": ("n",), "s": ("N",), "q": ("N", "N"),
        "c": ("N", "n"), "d": ("N", "n"), "f": ("N", "n")}  # fmt: skip
AHEAD, HERE = "last * n + e", "first * n + e"
E = "e = exp(a); y = e/sum(e, axis=1, keepdims=True)"


def fetched(text: str, name: str, layout: str) -> list[tuple[str, str, str]]:
    """Array, element, and 1 if it is to be written, and 3 for the nearest cache, 2 for the next."""
    start = text.index(f"static int {name}_1_f64_{layout}(")
    body = text[start : text.index("\n}\n", start)]
    return re.findall(r"FETCH\(&(\w+)\[(.*)\], (\d, \d)\);", body)


def of(text: str) -> str:
    """The C file of the forward pass, which keeps nothing."""
    used = {n: shape for n, shape in ROWS.items() if re.search(rf"\b{n}\b", text)}
    return sb.derive(text, shapes=used, wrt=[list(used)[-1]]).c_source()


def test_the_next_rows_and_the_gradient_of_these() -> None:
    text = derived("softmax-ce-batch").c_source()
    name = "softmax_ce_batch_value_and_grad"
    assert fetched(text, name, "rows") == [
        ("a", AHEAD, "0, 3"), ("t", AHEAD, "0, 3"), ("da", HERE, "1, 3"),
    ]  # fmt: skip
    assert fetched(text, name, "long") == [("a", "(i + 1) * n + e", "0, 3")]
    assert fetched(text, name, "lanes") == []
    assert text.count("#define FETCH(") == 2
    assert "const int far = N * n * (ptrdiff_t)sizeof(double) >= beyond_cache;" in text
    assert "far && e < stop" in text and "some = far ? 64 : all" in text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (E + " + b", ["a", "b", "y"]),
        (E + "*w + s[:, None]", ["a", "y"]),  # rows of other arrays stay in the cache
        ("e = exp(q); y = e/sum(e, axis=1, keepdims=True) + q.T", ["q1", "view", "y"]),
        ("e = exp(a); y = e/sum(e, axis=1, keepdims=True) + b[::-1]", ["a", "view", "y"]),
        (E + " + b + c + d + f", ["a", "b", "c", "d"]),  # of more none stays in the cache
        ("e = exp(a); r = tanh(e*b); y = e/sum(e, axis=1, keepdims=True)"
         " + r/sum(r, axis=1, keepdims=True)", ["a", "b", "y"]),  # once
    ],
)  # fmt: skip
def test_arrays_of_whole_rows_are_fetched(text: str, found: list[str]) -> None:
    assert [name for name, *_ in fetched(of(text), "expression_forward", "rows")] == found


@pytest.mark.parametrize("name", ["sigmoid", "gelu-tanh", "softmax", "batch-norm"])
def test_where_memory_is_not_idle_nothing_is_fetched(name: str) -> None:
    assert "FETCH" not in derived(name).c_source()


def results(module: ModuleType, shape: tuple[int, int], dtype: type) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    a, dy = (rng.uniform(-2, 2, size=shape).astype(dtype) for _ in range(2))
    out, saved = module.forward(a)
    found = [out, *module.backward(saved, dy if out.shape else 1.0)]
    if not out.shape:
        value, grads = module.value_and_grad(a)
        found += [value, *grads]
    return found


def near_and_far(source: CSource) -> list[ModuleType]:
    return [building._with_settings(source, {"beyond_cache": n}) for n in (1 << 60, 0)]


@needs_compiler
@pytest.mark.parametrize("text", [*IN_PLACE[:3], E])
def test_no_result_of_rows_changes(text: str) -> None:
    source = c_source(sb.derive(text, shapes={"a": ("N", "n")}).backward, version="0")
    near, far = near_and_far(source)
    for shape in [(1, 1), (3, 40), (7, 64), (5, 65), (40, 130), (3, 1000), (0, 5)]:
        for dtype in (np.float64, np.float32):
            pairs = list(zip(*(results(m, shape, dtype) for m in (near, far)), strict=True))
            np.testing.assert_array_equal(*pairs[0])
            for one, other in pairs[1:]:  # sums of products in another order
                tight = 1e-10 if dtype is np.float64 else 1e-3
                largest = np.abs(one).max(initial=0)
                np.testing.assert_allclose(other, one, rtol=tight, atol=tight * largest)
    for shape in [(3, 1300), (2, 3000), (4, 2560)]:  # long rows: sums in another order
        for one, other in zip(*(results(m, shape, float) for m in (near, far)), strict=True):
            largest = np.abs(one).max(initial=0)
            np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-12 * largest)


@needs_compiler
def test_checks_fetch() -> None:
    source = c_source(derived("softmax-ce-batch").backward, version="0")
    assert source.layouts[0] == {"beyond_cache": 0}
    assert all("beyond_cache" not in other for other in source.layouts[1:])
    assert c_source(derived("sigmoid").backward, version="0").layouts[0] == {}


def test_the_first_loop_over_a_row_waits_for_the_others() -> None:
    """The results of these rows while it does, and the next rows in that which computes most."""
    text = derived("layer-norm").c_source()
    here, ahead = "i * D + e", "(i + 1) * D + e"
    assert fetched(text, "layer_norm_forward", "far") == [
        ("y", here, "1, 3"), ("x", ahead, "0, 2"),
    ]  # fmt: skip
    assert fetched(text, "layer_norm_backward", "far") == [
        ("x", ahead, "0, 2"), ("dy", ahead, "0, 2"), ("dx", here, "1, 3"),
    ]  # fmt: skip
    for layout in ("rows", "lanes"):
        assert fetched(text, "layer_norm_backward", layout) == []
    assert "if (N * D * 8 >= beyond_cache / 2 && D * 8 >= beyond_cache / 2048)" in text
    assert "if (N * D * 4 >= beyond_cache / 2 && D * 4 >= beyond_cache / 2048)" in text
    assert "part += 64" in text and "part += 128" in text  # 512 bytes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("y = a/sum(a*a, axis=1, keepdims=True) + b*w", ["y", "a", "b"]),
        ("y = a/sum(a*a, axis=1, keepdims=True) + s[:, None]", ["y", "a"]),
        ("y = a/sum(a*a, axis=1, keepdims=True) + b + c + d + f", ["y", "a", "b", "c", "d"]),
    ],
)
def test_what_the_loops_over_a_row_read(text: str, found: list[str]) -> None:
    names = [name for name, *_ in fetched(of(text), "expression_forward", "far")]
    assert names[:1] + sorted(names[1:]) == found


@pytest.mark.parametrize(("text", "loop"), [
    ("y = a/sum(a*a, axis=1, keepdims=True)", 1),  # as much as the first
    ("y = a*3/sum(a, axis=1, keepdims=True)", 1),
    ("y = a/sum(sqrt(a*a + 1)*a, axis=1, keepdims=True)", 0),
])  # fmt: skip
def test_which_loop_fetches_the_next_row(text: str, loop: int) -> None:
    source = of(text)
    start = source.index("static int expression_forward_1_f64_far(")
    loops = source[start : source.index("\n}\n", start)].split("#pragma omp simd")
    assert ["FETCH(&a[(i + 1)" in part for part in loops[:2]] == [loop == 0, loop == 1]


@pytest.mark.parametrize(
    "text",
    [
        "y = a*b + w",  # one loop
        "y = sum(a, axis=1)",
        "e = exp(a*b); y = e/sum(e, axis=1, keepdims=True)",  # vector maths: see above
    ],
)
def test_no_loop_waits(text: str) -> None:
    assert "forward_1_f64_far(" not in of(text)


@needs_compiler
def test_rows_from_memory_are_computed_as_others() -> None:
    near, far = near_and_far(c_source(derived("layer-norm").backward, version="0"))
    for shape in [(1, 1), (3, 40), (2, 128), (5, 129), (4, 257), (30, 1000), (17, 1), (0, 5)]:
        for dtype, tight in ((np.float64, 1e-11), (np.float32, 2e-3)):
            x, dy = (RNG.normal(size=shape).astype(dtype) for _ in range(2))
            gamma, beta = (RNG.normal(size=shape[1]).astype(dtype) for _ in range(2))
            found = []
            for module in (near, far):
                y, saved = module.forward(x, gamma, beta, 1e-3)
                found.append([y, *module.backward(saved, dy)])
            for one, other in zip(*found, strict=True):
                np.testing.assert_allclose(other, one, rtol=tight, atol=tight)
