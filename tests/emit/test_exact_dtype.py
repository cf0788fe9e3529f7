"""Exact forms are computed in float64: float32 results are those of float64, rounded once."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbackprop import derive
from symbackprop.catalogue import names
from symbackprop.verify.generated import arguments
from symbackprop.verify.points import NoPoint, Sampler
from symbackprop.verify.sizes import possible
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
FEW = ("softmax-ce-batch", "softmax-ce-labels", "layer-norm", "affine", "tanh", "two-layer")


def inputs_of(name: str, dtype: str) -> list[Any]:
    """Inputs that float32 and smaller dtypes hold; those with a dtype, in this one."""
    shown = derived(name).shown
    program = shown.program
    weighted = [o for o, u in zip(program.outputs, shown.upstream, strict=True) if u]
    sampler = Sampler(program, 5, weighted=weighted)
    all_sizes = possible(program.sizes, program.conditions, [a.shape for a in program.inputs])
    for sizes in reversed(list(all_sizes)):
        try:
            values = arguments(program, sampler.draw(sizes, "ordinary", 0))
        except NoPoint:
            continue
        return [x.astype(dtype) if x.dtype.kind == "f" else x for x in map(np.asarray, values)]
    raise AssertionError(f"{name} has no point")


def all_of(module: ModuleType, inputs: list[Any]) -> list[Any]:
    """What all functions return: outputs and gradients, with ones as upstream gradients."""
    out, saved = module.forward(*inputs)
    outs = out if isinstance(out, tuple) else (out,)
    scalar = hasattr(module, "value_and_grad")
    ones = [] if scalar else [np.ones_like(o) for o in outs]
    found = [*outs, *module.backward(saved, *ones)]
    if scalar:
        value, grads = module.value_and_grad(*inputs)
        found += [value, *grads]
    return found


@pytest.mark.parametrize("target", TARGETS[:2])
@pytest.mark.parametrize("name", names())
def test_float32_is_float64_rounded_once(name: str, target: str) -> None:
    module = derived(name).compile(target, exact=True)
    narrow = inputs_of(name, "float32")
    wide = [x.astype(float) if x.dtype.kind == "f" else x for x in narrow]
    floats = [x for x in narrow if x.dtype.kind == "f"]
    for one, two in zip(all_of(module, narrow), all_of(module, wide), strict=True):
        assert one.dtype == (np.float32 if floats else np.float64)
        assert np.array_equal(one, np.asarray(two).astype(one.dtype), equal_nan=True)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", FEW)
def test_a_few_in_each_target(name: str, dtype: str, target: str) -> None:
    module = derived(name).compile(target, exact=True)
    narrow = inputs_of(name, dtype)
    wide = [x.astype(float) if x.dtype.kind == "f" else x for x in narrow]
    for one, two in zip(all_of(module, narrow), all_of(module, wide), strict=True):
        assert one.dtype == dtype
        assert np.array_equal(one, np.asarray(two).astype(dtype))


@pytest.mark.parametrize("target", TARGETS[1:])
@pytest.mark.parametrize("name", FEW)
def test_results_go_into_the_memory_given_for_them(name: str, target: str) -> None:
    module = derived(name).compile(target, exact=True)
    inputs = inputs_of(name, "float32")
    out, saved = module.forward(*inputs)
    scalar = hasattr(module, "value_and_grad")
    upstream = [] if scalar else [np.ones_like(out)]
    grads = module.backward(saved, *upstream)
    given = [np.full_like(g, np.nan) for g in grads]
    found = module.backward(saved, *upstream, out=given)
    for want, got, memory in zip(grads, found, given, strict=True):
        assert got is memory
        assert np.array_equal(want, got)
    wrong = [np.empty(g.shape) for g in grads]
    with pytest.raises(ValueError, match=r"out\[0\] is not an array of shape .* dtype float32"):
        module.backward(saved, *upstream, out=wrong)
    if scalar:
        again = [np.full_like(g, np.nan) for g in grads]
        _, fused = module.value_and_grad(*inputs, out=again)
        assert all(f is a for f, a in zip(fused, again, strict=True))
        # Fused, the forward pass takes no rounded results either.
        assert all(np.array_equal(f, g) for f, g in zip(fused, grads, strict=True))
    else:
        memory = np.full_like(out, np.nan)
        result, _ = module.forward(*inputs, out=[memory])
        assert result is memory
        assert np.array_equal(memory, out)


def test_the_gradient_of_two_examples_that_cancel() -> None:
    """Two sure and wrong examples, each off by 1 - s: float32 has no digit of what is left."""
    module = derived("softmax-regression").compile("numpy", exact=True)
    x, W = np.array([[1], [-1.0625]]), np.array([[9, -9.25]])
    t = np.array([[0.0, 1.0], [1.0, 0.0]])
    narrow = [a.astype("float32") for a in (x, W, np.zeros(2), t)]
    _, grads = module.value_and_grad(*narrow)
    s, s2 = (1 / (1 + np.exp(18.25 * abs(k))) for k in x[:, 0])
    np.testing.assert_allclose(grads.b, [(s2 - s) / 2, (s - s2) / 2], rtol=1e-6)


def test_the_text_of_c_has_one_dtype() -> None:
    exact, plain = (derived("tanh").c_source(exact=e) for e in (True, False))
    assert "float *" not in exact
    assert "tanh_forward_1_f64" in exact
    assert "tanh_forward_1_f32" in plain


def test_a_parameter_may_be_called_dtype() -> None:

    def scaled(dtype: Any, out: Any) -> Any:
        return np.tanh(dtype) * out

    derived_ = derive(scaled, shapes={"dtype": ("n",), "out": ("n",)})
    module = derived_.compile("numpy-fast", exact=True)
    x = np.array([1, 2], "float32")
    y, saved = module.forward(x, x)
    assert y.dtype == "float32"
    assert module.backward(saved, x).dtype.dtype == "float32"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", ["y = s + 0*t", "y = x + 1", "y = x*0 + s", "y = 2*x"])
def test_where_no_array_is_saved(text: str, target: str) -> None:
    shapes = {"x": ("n",), "s": (), "t": ()}
    shapes = {name: shape for name, shape in shapes.items() if name in text}
    module = derive(text, shapes=shapes).compile(target, exact=True)
    y, saved = module.forward(*(np.ones(3, "float32")[: 3 if s else 1].reshape(3 if s else ())
                                for s in shapes.values()))  # fmt: skip
    grads = module.backward(saved, np.ones_like(y))
    assert {g.dtype.name for g in (y, *grads)} == {"float32"}
