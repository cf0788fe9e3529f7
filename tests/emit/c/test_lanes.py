"""Loops in which short rows stand side by side."""

from __future__ import annotations

import ctypes
import mmap
import re
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.deriving import unchecked
from symbackprop.targets import modules_to_check
from tests.emit.c.compiler import needs_compiler

pytestmark = needs_compiler

SHAPES = {"a": ("N", "n"), "t": ("N", "n"), "w": ("n",), "v": ("N",), "b": ("N", "m")}
PROGRAMS = [
    "e = exp(a - max(a, axis=1, keepdims=True)); y = e/sum(e, axis=1, keepdims=True)",
    "z = a - mean(a, axis=1, keepdims=True); y = w*z/sqrt(mean(z*z, axis=1, keepdims=True) + 1)",
    "u = a @ w; s = sum(exp(a), axis=1); L = sum(v*log(s)) + sum(u*u)",  # also a matrix product
    "r = sqrt(sum(a*a, axis=1)); y = v*log(r)",
    "s = sum(a, axis=1); L = max(s*v)",  # the largest of all rows
    "y = sum(exp(a), axis=1)[:, None]*t + min(t, axis=1, keepdims=True)",
    "y = exp(a)*sum(b*b, axis=1)[:, None]; L = sum(y*y)",  # rows of two lengths
    "s = sum(a*t, axis=1, keepdims=True); L = sum(where(a > s, a*s, t)*w)",
    "s = sum(exp(a), axis=1); c = sum(a/s[:, None], axis=0); L = sum(c*c*w)",
]
RNG = np.random.default_rng(8)
WORD = re.compile(r"\w+").findall


@pytest.mark.parametrize("text", PROGRAMS)
def test_rows_side_by_side_give_what_numpy_gives(text: str) -> None:
    derivation = unchecked(text, shapes={k: SHAPES[k] for k in SHAPES if k in set(WORD(text))})
    assert "_lanes(" in derivation.c_source()
    readable, loops = derivation.compile(), derivation.compile("c")
    names = [i.name for i in derivation.backward.program.inputs]
    for rows in (15, 16, 17, 40):
        for n in (1, 7, 15):
            for dtype, room in ((np.float64, 1e-12), (np.float32, 1e-4)):
                sizes = {"N": rows, "n": n, "m": 5}
                inputs = [RNG.normal(size=[sizes[s] for s in SHAPES[k]]).astype(dtype)
                          for k in names]  # fmt: skip
                for one, other in zip(_all(readable, inputs), _all(loops, inputs), strict=True):
                    assert other.dtype == dtype
                    np.testing.assert_allclose(other, one, rtol=room, atol=room)


def _all(module: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    out, saved = module.forward(*inputs)
    dy = np.cos(np.arange(out.size)).reshape(out.shape).astype(out.dtype)
    found = [out, *module.backward(saved, dy)]
    if not out.shape:
        value, grads = module.value_and_grad(*inputs)
        found += [value, *grads]
    return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_labels_side_by_side(dtype: type) -> None:
    derivation = sb.derive("softmax-ce-labels")
    assert "_lanes(" in derivation.c_source()
    inputs = [RNG.normal(size=(40, 10)).astype(dtype), RNG.integers(10, size=40)]
    found = _all(derivation.compile(), inputs), _all(derivation.compile("c"), inputs)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_nan_stays_in_its_row_and_minus_infinity_has_no_probability(dtype: type) -> None:
    module = sb.derive("softmax-ce-batch").compile("c")
    a = RNG.normal(size=(40, 10)).astype(dtype)
    t = np.eye(10, dtype=dtype)[RNG.integers(5, size=40)]
    a[17, 3], a[39, 9] = np.nan, -np.inf
    _, (da,) = module.value_and_grad(a, t)
    assert np.isnan(da[17]).all() and np.isfinite(np.delete(da, 17, axis=0)).all()
    assert da[39, 9] == 0


def _before_the_end(values: np.ndarray, pages: list[mmap.mmap]) -> np.ndarray:
    """The values in memory behind which nothing can be read."""
    size = -(-values.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
    pages.append(mmap.mmap(-1, size + mmap.PAGESIZE))
    memory = np.frombuffer(pages[-1], np.uint8)
    libc = ctypes.CDLL(None, use_errno=True)
    behind = ctypes.c_void_p(memory.ctypes.data + size)
    assert libc.mprotect(behind, ctypes.c_size_t(mmap.PAGESIZE), 0) == 0
    found = memory[size - values.nbytes : size].view(values.dtype).reshape(values.shape)
    found[...] = values
    return found


@pytest.mark.skipif(not hasattr(mmap, "PROT_READ"), reason="mprotect is a function of Unix")
def test_nothing_is_read_behind_the_last_row() -> None:
    """What reads there ends the process."""
    module = sb.derive("softmax-ce-batch").compile("c")
    pages: list[mmap.mmap] = []
    for rows in (17, 31, 600):
        a, t = RNG.normal(size=(rows, 7)), np.eye(7)[RNG.integers(7, size=rows)]
        inputs = [_before_the_end(x, pages) for x in (a, t)]
        assert module.value_and_grad(*inputs)[0] == module.value_and_grad(a, t)[0]


def test_rows_that_are_long_whatever_the_inputs_have_no_second_layout() -> None:
    text = "e = exp(a - max(a, axis=1, keepdims=True)); y = e/sum(e, axis=1, keepdims=True)"
    short, long = (sb.derive(text, shapes={"a": ("N", n)}).c_source() for n in (10, 32))
    assert "if (hi - lo >= side_by_side)\n" in short
    assert "_lanes(" not in long and "side_by_side" not in long


@pytest.mark.parametrize("target", ["c", "auto"])
def test_all_layouts_are_checked(target: str) -> None:
    backward = sb.derive("softmax-ce-batch").backward
    assert len(modules_to_check(backward, target)) == 4  # the first has shortcuts
    assert len(modules_to_check(backward, "numpy")) == 1


def test_a_loop_that_stays_in_numpy_has_no_settings() -> None:
    """Its helper function is called _along_rows, which is not long_row."""
    derivation = sb.derive("y = sum(max(flip(exp(x), axis=1)*x, axis=1))", shapes={"x": ("N", "n")})
    text = derivation.c_source()
    assert "_along_rows" in text and "ptrdiff_t long_row" not in text
    assert len(modules_to_check(derivation.backward, "c")) == 2


@pytest.mark.parametrize("name", ["long_row", "side_by_side"])
def test_an_input_called_like_a_setting_is_none(name: str) -> None:
    derivation = sb.derive(f"y = exp({name})*2", shapes={name: ("n",)})
    modules = modules_to_check(derivation.backward, "c")
    assert len(modules) == 2  # with a shortcut and without
    for module in modules:
        np.testing.assert_allclose(module.forward(np.zeros(3))[0], 2)
