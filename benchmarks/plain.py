"""Layers in plain C by hand (plain.c), which a compiler is allowed everything with.

Each takes what those of `byhand` take; its memory is there before too. They run on one thread.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

Floats = Any
Run = Callable[[], tuple[Floats, tuple[Floats, ...]]]
_SOURCE = Path(__file__).with_name("plain.c")
_FLAGS = ("-std=c99", "-O3", "-march=native", "-ffast-math", "-fPIC", "-c")


def compiler() -> str | None:
    """The system's C compiler; None without one."""
    return next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))), None)


@lru_cache(2)
def _library(dtype: np.dtype[Any]) -> ctypes.CDLL:
    single = dtype == np.float32
    names = {n: f"{n.lower()}{'f' if single else ''}" for n in ("EXP", "LOG", "SQRT")}
    defined = {"REAL": "float" if single else "double", **names}
    with tempfile.TemporaryDirectory() as folder:
        made, path = Path(folder) / "plain.o", Path(folder) / "plain.so"
        words = [f"-D{name}={text}" for name, text in defined.items()]
        command = [str(compiler()), *_FLAGS, *words, str(_SOURCE), "-o", str(made)]
        subprocess.run(command, check=True)
        # Linked without -ffast-math, which would have the whole process flush small numbers to 0.
        linked = [str(compiler()), "-shared", str(made), "-o", str(path), "-lm"]
        subprocess.run(linked, check=True)
        found = ctypes.CDLL(str(path))
    found.softmax_ce.restype = ctypes.c_double
    return found


def _call(dtype: np.dtype[Any], name: str, *arguments: Any) -> Callable[[], Any]:
    """A call with pointers to the arrays, which it keeps; a float is a number of the dtype."""
    real = ctypes.c_float if dtype == np.float32 else ctypes.c_double
    found = [
        real(x) if isinstance(x, float) else ctypes.c_ssize_t(x) if isinstance(x, int)
        else ctypes.c_void_p(x.ctypes.data) for x in arguments
    ]  # fmt: skip
    function = getattr(_library(dtype), name)

    def call(kept: object = arguments) -> Any:
        return function(*found)

    return call


def softmax_ce(a: Floats, t: Floats) -> Run:
    da = np.empty_like(a)
    call = _call(a.dtype, "softmax_ce", *a.shape, a, t, da)
    return lambda: (call(), (da,))


def sigmoid(x: Floats, dy: Floats) -> Run:
    y, dx = np.empty_like(x), np.empty_like(x)
    forward = _call(x.dtype, "sigmoid", x.size, x, y)
    backward = _call(x.dtype, "sigmoid_back", x.size, y, dy, dx)

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        forward()
        backward()
        return y, (dx,)

    return run


def layer_norm(x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats) -> Run:
    s = np.empty(len(x), x.dtype)
    return _norm("layer_norm", x, gamma, beta, eps, dy, [s])


def batch_norm(x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats) -> Run:
    s, mean = np.empty_like(gamma), np.empty_like(gamma)
    return _norm("batch_norm", x, gamma, beta, eps, dy, [s, mean])


def _norm(
    name: str, x: Floats, gamma: Floats, beta: Floats, eps: float, dy: Floats, more: list[Floats]
) -> Run:
    y, dx, hat = (np.empty_like(x) for _ in range(3))
    dgamma, dbeta = np.empty_like(gamma), np.empty_like(gamma)
    forward = _call(x.dtype, name, *x.shape, eps, x, gamma, beta, y, hat, *more)
    results = dx, dgamma, dbeta
    backward = _call(x.dtype, f"{name}_back", *x.shape, dy, gamma, hat, more[0], *results)

    def run() -> tuple[Floats, tuple[Floats, ...]]:
        forward()
        backward()
        return y, results

    return run
