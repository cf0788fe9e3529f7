"""Functions of Python as a whole in C: when they are taken, and that they give what others give."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import binding, building
from symbackprop.emit.c import c_source
from symbackprop.targets import modules_to_check
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

pytestmark = needs_compiler
A = np.arange(6.0).reshape(2, 3)
T = np.eye(3)[:2]


def short(name: str = "softmax-ce-batch", exact: bool = False) -> ModuleType:
    return derived(name).compile("c", exact=exact)


def with_calls(module: ModuleType) -> dict[str, list[bool]]:
    """Whether each call of a shortcut was one, by the names of the functions."""
    taken: dict[str, list[bool]] = {name: [] for name in module._whole}

    def seen(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            found = call(*arguments)
            taken[name].append(found is not None)
            return found

        return function

    module._whole = {name: seen(name, call) for name, call in module._whole.items()}
    return taken


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_small_arrays_take_them(dtype: type) -> None:
    module, plain = short(), derived("softmax-ce-batch").compile()
    taken = with_calls(module)
    a, t = A.astype(dtype), T.astype(dtype)
    value, grads = module.value_and_grad(a, t)
    want, slopes = plain.value_and_grad(a, t)
    out, saved = module.forward(a, t)
    both = module.backward(saved), module.backward(saved, 2.0)
    assert taken == {"forward": [True], "backward": [True] * 2, "value_and_grad": [True]}
    assert type(value) is type(out) is dtype and type(grads) is module.Grads
    assert type(saved) is module.Saved and grads.a.dtype == dtype
    for found, one in ((value, want), (out, want), (grads.a, slopes.a), (both[0].a, slopes.a),
                       (both[1].a, 2 * slopes.a)):  # fmt: skip
        np.testing.assert_allclose(found, one, rtol=1e-5 if dtype == np.float32 else 1e-14)


class Own(np.ndarray):
    """A class of a user's."""


OTHERS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda x: x.tolist(),
    "integers": lambda x: x.astype(int),
    "half": lambda x: x.astype(np.float16),
    "other byte order": lambda x: x.astype(">f8"),
    "other order": lambda x: np.asfortranarray(x),
    "backwards": lambda x: x[::-1].copy()[::-1],
    "own class": lambda x: x.view(Own),
    "memory": lambda x: memoryview(x),
    "large": lambda x: np.repeat(x, 12000, axis=0),
    "single beside double": lambda x: np.float32(x),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_arrays_do_not(kind: str) -> None:
    """What Python does with them is done: they are converted, or refused."""
    module, plain = short(), derived("softmax-ce-batch").compile()
    taken = with_calls(module)
    a, t = OTHERS[kind](A), OTHERS[kind](T) if kind == "large" else T
    value, (slope,) = module.value_and_grad(a, t)
    want, (slopes,) = plain.value_and_grad(a, t)
    np.testing.assert_allclose(value, want, rtol=1e-6)
    np.testing.assert_allclose(slope, slopes, rtol=1e-5, atol=1e-8)
    assert taken["value_and_grad"] == [False]


def test_no_numbers_at_all() -> None:
    module = short("sigmoid")
    taken = with_calls(module)
    y, saved = module.forward(np.zeros(0))
    assert y.shape == module.backward(saved, np.zeros(0)).x.shape == (0,)
    assert taken["forward"] == taken["backward"] == [False]


@pytest.mark.parametrize(
    ("a", "t"), [(A, T[:, :2]), (A, T[:1]), (A[0], T), (A, T[None]), (np.float64(1), T)]
)
def test_shapes_that_do_not_fit_are_refused(a: np.ndarray, t: np.ndarray) -> None:
    module = short()
    taken = with_calls(module)
    with pytest.raises(ValueError, match="has shape"):
        module.value_and_grad(a, t)
    assert taken["value_and_grad"] == [False]


def test_memory_for_results() -> None:
    module = short()
    taken = with_calls(module)
    out = (np.zeros((2, 3)),)
    _, grads = module.value_and_grad(A.copy(), T, out=out, workspace=module.Workspace())
    assert grads.a is out[0] and taken["value_and_grad"] == [True]
    np.testing.assert_allclose(grads.a, module.value_and_grad(A, T)[1].a)


MEMORY: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda a: [np.zeros((2, 3))],
    "view": lambda a: (np.zeros((4, 3))[:2],),
    "more": lambda a: (np.zeros((2, 3)), np.zeros(3)),
    "gradients": lambda a: short().value_and_grad(a, T)[1],
}


@pytest.mark.parametrize("kind", MEMORY)
def test_memory_of_other_kinds(kind: str) -> None:
    module = short()
    out, a = MEMORY[kind](A), A.copy()
    taken = with_calls(module)
    _, grads = module.value_and_grad(a, T, out=out)
    assert grads.a is out[0] and taken["value_and_grad"] == [kind != "list"]
    np.testing.assert_allclose(grads.a, module.value_and_grad(A, T)[1].a)


REFUSED: dict[str, Callable[[np.ndarray], Any]] = {
    "none": lambda a: (),
    "number": lambda a: (3.0,),
    "shape": lambda a: (np.zeros((3, 2)),),
    "axes": lambda a: (np.zeros(6),),
    "dtype": lambda a: (np.zeros((2, 3), np.float32),),
    "read-only": lambda a: (np.frombuffer(bytes(48)).reshape(2, 3),),
    "own, read-only": lambda a: (_frozen(np.zeros((2, 3))),),
    "an input": lambda a: (a,),
    "a view of an input": lambda a: (a[:],),
}


def _frozen(x: np.ndarray) -> np.ndarray:
    x.setflags(write=False)
    return x


@pytest.mark.parametrize("kind", REFUSED)
def test_memory_that_is_refused(kind: str) -> None:
    module, a = short(), A.copy()
    taken = with_calls(module)
    with pytest.raises(ValueError, match="out"):
        module.value_and_grad(a, T, out=REFUSED[kind](a))
    assert taken["value_and_grad"] == [False] and np.array_equal(a, A)


@pytest.mark.parametrize(("start", "is_refused"), [(0, True), (2, True), (3, False), (4, False)])
def test_memory_beside_an_input(start: int, is_refused: bool) -> None:
    module, memory = short("softmax-ce"), np.arange(7.0)
    taken = with_calls(module)
    a, t, out = memory[:3], np.array([0, 1.0, 0]), (memory[start : start + 3],)
    if is_refused:
        with pytest.raises(ValueError, match="shares memory"):
            module.value_and_grad(a, t, out=out)
    else:
        assert module.value_and_grad(a, t, out=out)[1].a is out[0]
    assert taken["value_and_grad"] == [not is_refused]


def test_one_array_for_two_results_is_refused() -> None:
    module = sb.derive("L = sum(x*sin(y))", shapes={"x": ("n",), "y": ("n",)}).compile("c")
    taken = with_calls(module)
    x, y, out = np.ones(3), np.arange(3.0), (np.zeros(3), np.zeros(3))
    _, grads = module.value_and_grad(x, y, out=out)
    assert grads.x is out[0] and grads.y is out[1]
    with pytest.raises(ValueError, match="another of out"):
        module.value_and_grad(x, y, out=(out[0], out[0]))
    assert taken["value_and_grad"] == [True, False]


def test_what_another_module_saved() -> None:
    """A tuple of another class is read by names."""
    module, other = short(), derived("softmax-ce-batch").compile("c")
    taken = with_calls(module)
    _, saved = other.forward(A, T)
    np.testing.assert_allclose(module.backward(saved).a, other.backward(saved).a)
    assert taken["backward"] == [False]


def test_numbers_are_floats_of_python() -> None:
    module, plain = short("layer-norm"), derived("layer-norm").compile()
    taken = with_calls(module)
    gamma, beta = np.array([1.0, 2, 3]), np.array([3.0, 2, 1])
    for eps in (1e-5, np.float64(1e-5), np.asarray(1e-5), 1):
        found, _ = module.forward(A, gamma, beta, eps)
        np.testing.assert_allclose(found, plain.forward(A, gamma, beta, eps)[0], rtol=1e-13)
    assert taken["forward"] == [True, False, False, False]


def test_upstream_gradients() -> None:
    module = short("sigmoid")
    taken = with_calls(module)
    y, saved = module.forward(np.array([0.5, -1.0]))
    slope = y * (1 - y)
    for dout in (np.array([2.0, 3.0]), [2.0, 3.0], np.array([2, 3])):
        np.testing.assert_allclose(module.backward(saved, dout).x, slope * [2, 3])
    for wrong in (np.array([2.0]), np.array(2.0), np.ones((2, 1))):
        with pytest.raises(ValueError, match="upstream gradient"):
            module.backward(saved, wrong)
    assert taken["backward"] == [True, *[False] * 5]


def test_exact_forms_of_single_numbers_are_rounded_once() -> None:
    module = short(exact=True)
    taken = with_calls(module)
    for dtype in (np.float64, np.float32):
        a, t = A.astype(dtype), T.astype(dtype)
        value, grads = module.value_and_grad(a, t)
        out, saved = module.forward(a, t)
        assert value.dtype == out.dtype == grads.a.dtype == module.backward(saved).a.dtype == dtype
    assert taken["value_and_grad"] == taken["forward"] == taken["backward"] == [True, False]


LAYERS = ("sigmoid", "softmax", "softmax-ce", "softmax-ce-batch", "bce-with-logits", "layer-norm",
          "huber", "gelu", "mse")  # fmt: skip


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_they_give_what_the_others_give(name: str, exact: bool) -> None:
    """To the last bit: the loops are the same."""
    random = np.random.default_rng(11)
    first, second, *_ = modules_to_check(derived(name).backward, "c", exact)
    assert not hasattr(second, "_whole")
    taken = with_calls(first)
    inputs = [float(random.normal()) if not a.shape else random.uniform(size=[3] * len(a.shape))
              for a in derived(name).backward.program.inputs]  # fmt: skip
    results = []
    for module in (first, second):
        y, saved = module.forward(*inputs)
        back = module.backward(saved, np.cos(y) if np.ndim(y) else 0.5)
        both = module.value_and_grad(*inputs) if hasattr(module, "value_and_grad") else ()
        results.append([y, *saved, *back, *(both and (both[0], *both[1]))])
    for one, two in zip(*results, strict=True):
        if not isinstance(one, np.dtype):
            assert np.shape(one) == np.shape(two) and np.array_equal(one, two)
        else:
            assert one == two
    assert any(all(calls) and calls for calls in taken.values())


def test_references_are_given_back() -> None:
    module = short()
    float64 = np.dtype(float)
    objects = [A, T, None, float64, np.empty, np.float64, module.Saved, module.Grads, A[:1]]

    def calls() -> None:
        for _ in range(1000):
            _, saved = module.forward(A, T)
            module.backward(saved, 1.0)
            module.value_and_grad(A, T)
            module._whole["forward"](A, A[:1], None)  # which do not fit
            module._whole["value_and_grad"](A, T, (A,))
            module._whole["value_and_grad"](A, T, ())

    def counted() -> list[int]:
        calls()
        return [*map(sys.getrefcount, objects), sys.getallocatedblocks()]

    gc.disable()  # what others left is not to be counted
    try:
        counted()
        before, after = counted(), counted()
    finally:
        gc.enable()
    assert max(abs(b - a) for a, b in zip(after, before, strict=True)) < 500


@pytest.mark.parametrize("name", ["forward", "value_and_grad"])
def test_a_loop_that_lacks_memory(name: str) -> None:
    """It says so with 1; Python calls it once more, and then raises."""
    source = c_source(derived("softmax-ce-batch").backward, version="0")
    module = building.loaded(replace(source, text=source.text.replace("return 0;", "return 1;")))
    taken = with_calls(module)
    with pytest.raises(MemoryError):
        getattr(module, name)(A, T)
    assert taken[name] == [False]


def test_saved_arrays_are_the_inputs() -> None:
    module = short()
    _, saved = module.forward(A, T)
    assert any(x is T for x in saved)


def test_arrays_that_lie_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "_laid_out", lambda: False)
    module = short()
    taken = with_calls(module)
    value, _ = module.value_and_grad(A, T)
    np.testing.assert_allclose(value, derived("softmax-ce-batch").compile().value_and_grad(A, T)[0])
    assert taken["value_and_grad"] == [False]


def test_arrays_lie_as_documented() -> None:
    assert binding._laid_out()
    assert binding._is_laid_out(np.zeros((2, 0, 3)))


@pytest.mark.parametrize(
    "text",
    ["y = x @ W + b", "L = sum(log(1 + exp(x @ W + b)))"],
)
def test_functions_with_more_in_them_have_none(text: str) -> None:
    shapes: dict[str, tuple[str, ...]] = {"x": ("N", "d"), "W": ("d", "k"), "b": ("k",)}
    found = sb.derive(text, shapes=shapes)
    assert "forward" not in getattr(found.compile("c"), "_whole", {})


def test_names_of_a_user() -> None:
    shapes: dict[str, tuple[str, ...]] = {"found": ("n",), "out": ("n",), "workspace": ("n",)}
    module = sb.derive("L = sum(found*exp(out)*workspace)", shapes=shapes).compile("c")
    taken = with_calls(module)
    x = np.array([1.0, 2.0])
    value, grads = module.value_and_grad(x, x, x)
    np.testing.assert_allclose(value, np.sum(x * x * np.exp(x)))
    np.testing.assert_allclose(grads.found, x * np.exp(x))
    assert taken["value_and_grad"] == [True]


def test_a_function_without_arrays_has_none() -> None:
    """Nothing says the dtype of saved numbers alone."""
    found = sb.derive("L = sum(exp(x + b))", shapes={"x": ("n",), "b": ()}, wrt=("b",))
    _, grads = found.compile("c").value_and_grad(np.array([1.0, 2]), np.float64(0.5))
    np.testing.assert_allclose(grads.b, np.exp(1.5) + np.exp(2.5), rtol=1e-14)
