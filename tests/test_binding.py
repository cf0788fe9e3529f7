"""Compiled functions as functions of Python: arguments, memory, threads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import binding
from symbackprop.errors import MissingCompiler
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

pytestmark = needs_compiler


def shifted(x: np.ndarray) -> np.ndarray:
    """The same numbers at an address that is no multiple of their size."""
    memory = np.zeros(x.nbytes + 1, np.uint8)
    found = memory[1:].view(x.dtype).reshape(x.shape)
    found[...] = x
    return found


def frozen(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.setflags(write=False)
    return x


IN_PIECES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "transposed": lambda x: x.T.copy().T,
    "every other": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "not aligned": shifted,
    "read-only": frozen,
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}


@pytest.mark.parametrize("kind", IN_PIECES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_arrays_of_every_kind(kind: str, dtype: type) -> None:
    module, plain = (derived("softmax-ce-batch").compile(t) for t in ("c", "numpy"))
    rng = np.random.default_rng(0)
    a = IN_PIECES[kind](rng.normal(size=(4, 3)).astype(dtype))
    t = np.eye(3, dtype=dtype)[[0, 2, 1, 0]]
    for first, second in ((a, t), (t, a)):
        value, (slope,) = module.value_and_grad(first, second)
        want, (slopes,) = plain.value_and_grad(first, second)
        np.testing.assert_allclose(value, want, rtol=1e-5)
        np.testing.assert_allclose(slope, slopes, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["transposed", "not aligned"])
def test_results_of_every_kind(kind: str) -> None:
    module = derived("sigmoid").compile("c")
    shape = (4, 3) if module._SHAPES["x"] == ("m", "n") else (4,)
    x = np.linspace(-2, 2, int(np.prod(shape))).reshape(shape)
    out = IN_PIECES[kind](np.zeros(shape))
    found, _ = module.forward(x, out=(out,))
    assert found is out
    np.testing.assert_allclose(out, 1 / (1 + np.exp(-x)), rtol=1e-14)


def test_another_byte_order_is_refused() -> None:
    module = derived("sigmoid").compile("c")
    with pytest.raises(TypeError, match="float32 and float64, not in >f8"):
        module.forward(np.ones(3, ">f8"))


def test_an_argument_that_is_no_number_is_refused() -> None:
    module = derived("sigmoid").compile("c")
    call = module._loops["forward_1", np.dtype(float)]
    x, y, rest = np.ones(3), np.ones(3), np.ones(3)
    for wrong in (("three", x, y, rest), (3, x, y), (3, x, y, rest, rest), ()):
        with pytest.raises(TypeError):
            call(*wrong)
    assert call(3, x, y, rest) == 0 and y[0] == pytest.approx(1 / (1 + np.exp(-1)))


def test_what_is_not_in_one_piece_is_told() -> None:
    module = derived("sigmoid").compile("c")
    call = module._loops["forward_1", np.dtype(float)]
    x = np.ones(3)
    y, rest = x.copy(), x.copy()
    assert call(3, frozen(x), y, rest) == 0
    for first, second in ((x, None), (object(), y), (x, frozen(y)), (shifted(x), y)):
        assert call(3, first, second, rest) == 2


def test_arrays_are_given_back() -> None:
    module = derived("softmax-ce-batch").compile("c")
    a, t = np.ones((2, 3)), np.ones((2, 3))
    strided = np.ones((2, 6))[:, ::2]
    module.value_and_grad(a, t)
    before = [sys.getrefcount(x) for x in (a, t, strided)]
    for _ in range(50):
        module.value_and_grad(a, t)
        module.value_and_grad(a, strided)
    assert before == [sys.getrefcount(x) for x in (a, t, strided)]
    a.resize((4, 3))  # NumPy refuses this for memory that others hold


def test_other_threads_run_meanwhile() -> None:
    """While a function works, Python goes on: it counts, in a thread that started before."""
    module = sb.derive("y = sin(exp(cos(x)))", shapes={"x": ("n",)}).compile("c")
    x = np.linspace(0, 1, 3_000_000)
    seen, done = [], threading.Event()

    def count() -> None:
        while not done.wait(0.001):
            seen.append(None)

    thread = threading.Thread(target=count)
    thread.start()
    call = module._loops["forward_1", np.dtype(float)]
    y = np.empty_like(x)
    while seen == []:
        pass
    before = len(seen)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nothing but the release of the lock lets the other one run
    try:
        assert call(len(x), x, y) == 0
        after = len(seen)
    finally:
        sys.setswitchinterval(interval)
        done.set()
        thread.join()
    assert after > before


def test_python_that_is_not_cpython_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        name = "pypy"

    monkeypatch.setattr(binding.sys, "implementation", Other)
    with pytest.raises(MissingCompiler, match='from CPython alone; use target="numpy-fast"'):
        derived("sigmoid").compile("c")
    with pytest.warns(RuntimeWarning, match="fast NumPy in place of C"):
        from symbackprop import targets

        monkeypatch.setattr(targets, "_told", set())
        derived("sigmoid").compile("auto")
