"""What is measured side by side computes the same."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import layers, readme, speed
from benchmarks.errors import BOUND, held_inputs, points, real_inputs, worst
from benchmarks.flat import BLOCKS, held
from benchmarks.measure import show
from benchmarks.others import LAYERS, others
from benchmarks.speed import SHAPES, contestants, inputs_of
from symbackprop.verify.generated import dense
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

SMALL = {
    "softmax-ce": (5, 3), "sigmoid": (7,), "layer-norm": (4, 6), "batch-norm": (4, 6),
    "affine": (3, 4, 5), "attention": (4, 3), "two-layer": (4, 5, 6, 3),
}  # fmt: skip


def test_every_layer_has_a_small_shape() -> None:
    assert SMALL.keys() == SHAPES.keys()


@pytest.mark.parametrize("layer", SMALL)
def test_all_contestants_agree_with_the_textbook(layer: str) -> None:
    inputs = inputs_of(layer, SMALL[layer], "float64")
    cases = contestants(layer, inputs)
    value, grads = cases.pop("textbook")()
    assert {"readable", "fast", "fast exact"} <= cases.keys()
    for name, case in cases.items():
        got, slopes = case()
        if name.startswith(("readable", "fast", "c")) or np.ndim(value) == 0:
            np.testing.assert_allclose(got, value, rtol=1e-5)  # the book adds 1e-7 to y
        for one, other in zip(slopes, grads, strict=True):
            np.testing.assert_allclose(np.asarray(one), other, rtol=1e-6, atol=1e-9)


def off(module: ModuleType, factor: float) -> Any:
    """A module whose outputs are wrong by a factor."""

    def forward(*inputs: Any) -> Any:
        out, saved = module.forward(*inputs)
        return out * out.dtype.type(factor), saved

    return SimpleNamespace(forward=forward, backward=module.backward)


@pytest.mark.parametrize(("dtype", "factor"), [(np.float64, 1 + 1e-14), (np.float32, 1 + 5e-6)])
def test_lost_digits_are_found(dtype: type, factor: float) -> None:
    derivation = derived("sigmoid")
    module = derivation.compile()
    (right, wrong), done = worst(derivation, [module, off(module, factor)], dtype, 8)
    assert done == 8
    assert 0 < right[False] < BOUND and 0 < right[True] < BOUND
    assert wrong[False] > 5 * BOUND
    assert wrong[True] == right[True]


def test_points_are_of_mixed_scale_and_hold_numbers_of_the_dtype() -> None:
    found = list(points(derived("sigmoid"), np.float32, 40))
    sizes = [abs(float(x)) for p in found for v in p.values.values() for x in v.values()]
    assert max(sizes) > 50 and min(sizes) < 0.05
    assert all(float(np.float32(x)) == x for x in sizes)


def test_targets_are_one_hot_at_every_other_point() -> None:
    derivation = derived("softmax-ce")
    held = [(p, [*v.values()]) for p in points(derivation, np.float64, 6)
            for a, v in p.values.items() if a.name == "t"]  # fmt: skip
    assert [sorted(t)[-1] == 1 for _, t in held] == [False, True] * 3
    assert all(abs(sum(t) - 1) < 1e-12 for _, t in held)
    # Those count as exact, others as real numbers with a condition of their own.
    real = [[a.name for a in real_inputs(derivation, p)] for p, _ in held]
    assert real == [["a", "t"], ["a"]] * 3


def test_the_time_for_a_layer_is_bounded() -> None:
    module = derived("sigmoid").compile()
    assert worst(derived("sigmoid"), [module], np.float64, 50, 0.0)[1] == 1


def test_the_readme_has_the_figures_that_were_kept() -> None:
    assert readme.section(readme.kept()) in readme.README.read_text(encoding="utf-8")


@pytest.mark.parametrize("layer", LAYERS)
def test_what_stands_beside_us_computes_the_same(layer: str) -> None:
    derivation = derived(layer)
    (point,) = points(derivation, np.float64, 1)
    small = {a: {p: x / 16 if a not in held_inputs(derivation) else x for p, x in v.items()}
             for a, v in point.values.items()}  # fmt: skip
    point = replace(point, values=small)
    runs = [has[layer] for has in others().values() if layer in has]
    assert runs
    program = derivation.backward.program
    inputs = [dense(a, point.values[a], point.sizes) for a in program.inputs]
    up = [dense(o, point.cotangents[o], point.sizes) for o in program.outputs if o.shape]
    value, saved = derivation.compile().forward(*inputs)
    grads = derivation.compile().backward(saved, *up)
    for run in runs:
        got, slopes = run(*inputs, *up)
        np.testing.assert_allclose(got, value, rtol=1e-5)  # the book adds 1e-7 to y
        for one, other in zip(slopes, grads, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)


def hungry(module: ModuleType) -> Any:
    """A module that holds three blocks more than it hands over."""

    def backward(saved: Any, dout: Any) -> Any:
        spare = [np.ones(module.BLOCK_BYTES // 8) for _ in range(3)]
        return module.backward(saved, dout) if spare else None

    return SimpleNamespace(
        forward=module.forward, backward=backward, BLOCK_BYTES=module.BLOCK_BYTES
    )


def test_memory_beyond_the_results_is_counted() -> None:
    module = derived("layer-norm").compile("numpy-fast")
    inputs = inputs_of("layer-norm", (1000, 1000), "float64")
    assert held(module, inputs) < BLOCKS < held(hungry(module), inputs)


@pytest.mark.parametrize("name", ["conv1d", "embedding", "determinant", "lstm-cell", "mse"])
def test_every_layer_can_be_timed(name: str) -> None:
    derivation = derived(name)
    sizes, inputs = layers.inputs_of(derivation, 6)
    assert set(sizes.values()) <= {3, 6}
    one, two = (layers.run_of(derivation, derivation.compile(target), inputs)()
                for target in ("numpy", "numpy-fast"))  # fmt: skip
    for got, want in zip(np.atleast_1d(two[0]), np.atleast_1d(one[0]), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
    for got, want in zip(two[1], one[1], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-13)


def test_the_least_gain_stands_first() -> None:
    rows = [{"layer": n, "sizes": "n = 8", "ms": 1.0, "fast": f, "c": c}
            for n, f, c in (("a", 2.0, 3.0), ("b", 3.0, 1.5), ("c", 1.7, 9.0))]  # fmt: skip
    table = layers.page(rows).split("| --- |")[-1]
    assert [line[2] for line in table.strip().splitlines()] == ["b", "c", "a"]


@needs_compiler
def test_plain_c_leaves_small_numbers_as_they_are() -> None:
    run = contestants("sigmoid", inputs_of("sigmoid", (3,), "float32"))["C by hand"]
    run()
    assert np.float32(1e-30) * np.float32(1e-10) > 0


def test_layers_that_are_not_measured_stay() -> None:
    def row(layer: str, threads: int, ms: float) -> speed.Row:
        return {"layer": layer, "threads": threads, "ms": ms}

    before = [row("softmax-ce", 1, 1.0), row("sigmoid", 1, 2.0), row("softmax-ce", 2, 3.0)]
    found = speed.beside(before, [row("softmax-ce", 1, 4.0), row("softmax-ce", 2, 5.0)])
    assert [(r["layer"], r["ms"]) for r in found] == [
        ("softmax-ce", 4.0), ("sigmoid", 2.0), ("softmax-ce", 5.0)
    ]  # fmt: skip


def test_rows_need_not_have_all_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"layer": "a", "c": 1.0}, {"layer": "b", "c": 2.0, "by hand": 3.0}])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["layer", "c", "by", "hand"], ["a", "1.000"], ["b", "2.000", "3.000"],
    ]  # fmt: skip
