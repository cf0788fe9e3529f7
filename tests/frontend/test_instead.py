"""Each unsupported construct names itself, the line, and what to write instead."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng

from symbackprop.errors import NotYet
from symbackprop.frontend.instead import INSTEAD
from symbackprop.frontend.table import FUNCTIONS, METHODS
from symbackprop.frontend.trace import trace

rng = default_rng(0)
draw = random.random
doubled = np.vectorize(lambda v: 2 * v)


def swallows(x: Any) -> Any:
    try:
        return np.sort(x)  # here
    except Exception:
        return x


def draws_inside(x: Any) -> Any:
    from numpy.random import normal

    return x + normal(size=3)  # here


def draws_from_its_own(x: Any) -> Any:
    own = default_rng(1)  # here
    return x * own.normal()


def counts(x: Any) -> Any:
    total = x * 0
    for _ in range(x.shape[0]):  # here
        total = total + x
    return total


CASES: list[tuple[Callable[..., Any], str, str]] = [
    (swallows, "np.sort", "np.argsort outside"),
    (draws_inside, "normal", "make them an argument"),
    (draws_from_its_own, "default_rng", "draw them outside"),
    (counts, "a symbolic size as an integer (range", "--shape x=3"),
    (lambda x: x + np.random.randn(*x.shape), "np.random.randn", "draw them outside"),
    (lambda x: x * np.random.rand(), "np.random.rand ", "the same constants in every call"),
    (lambda x: x * rng.normal(), "Generator.normal", "make them an argument"),
    (lambda x: x * draw(), "random is not", "make them an argument"),
    (lambda x: x * random.gauss(0, 1), "random.gauss", "make them an argument"),
    (lambda x: x if np.sum(x) > 0 else -x, "a branch on the values", "np.where"),
    (lambda x: min(x, 0), "Python's min and max", "np.minimum"),
    (lambda x: x if x.shape == (3,) else -x, "a branch on a symbolic size", "every size"),
    (lambda x: x.astype(int), ".astype: a conversion to int", "use float"),
    (lambda x: x.view(np.int64), ".view", "leave the type out"),
    (lambda x: np.zeros(3, x.dtype) + x, ".dtype", "leave the type out"),
    (lambda x: np.float32(x), "a conversion", "the array itself"),
    (lambda x: np.argsort(x), "np.argsort", "an integer argument"),
    (lambda x: x.argmax(), ".argmax", "an integer argument"),
    (lambda x: np.unique(x), "np.unique", "np.where(condition, x, 0)"),
    (lambda x: x[np.nonzero(x)], "np.nonzero", "np.where(condition, x, 0)"),
    (lambda x: np.median(x), "np.median", "np.argsort outside"),
    (lambda x: np.cumprod(x), "np.cumprod", "np.exp(np.cumsum(np.log(x)))"),
    (lambda x: np.round(x), "np.round", "its derivative is 0"),
    (lambda x: round(x), "round() of an array", "no derivative"),
    (lambda m: np.linalg.eigh(m), "np.linalg.eigh", "np.linalg.inv, det"),
    (lambda m: np.linalg.svd(m), "np.linalg.svd", "have one"),
    (lambda m: np.linalg.matrix_power(m, 3), "np.linalg.matrix_power", "A @ A @ A"),
    (lambda x: np.vectorize(lambda v: v * v)(x), "np.vectorize", "whole-array NumPy"),
    (lambda x: doubled(x), "np.vectorize", "whole-array NumPy"),
    (lambda x: np.frompyfunc(lambda v: v, 1, 1)(x), "(vectorized)", "whole-array NumPy"),
    (lambda m: np.apply_along_axis(np.sum, 0, m), "np.apply_along_axis", "whole-array NumPy"),
    (lambda x: np.add.outer(x, x), "np.add.outer", "x[:, None]"),
    (lambda x: x.fill(0), ".fill", "y = ..."),
    (lambda x: x.sum().item(), ".item", "convert the result"),
    (lambda x: x.tolist(), ".tolist", "convert the result"),
    (lambda x: np.select([x > 0], [x]), "np.select", "np.where"),
    (lambda x: np.exp(x, where=x > 0), "np.exp", "np.where on the result"),
    (lambda x: np.isnan(x) * x, "np.isnan", "leave the check out"),
    (lambda x: (x > 0).all(), ".all", "leave the check out"),
    (lambda x: np.fft.fft(x), "np.fft", "real arrays"),
    (lambda x: x.summ(), ".summ", "did you mean sum?"),
    (lambda x: int(x.shape[0]) * x, "int() of", "the size itself"),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_it_names_itself_the_line_and_what_to_write(case: int) -> None:
    function, itself, instead = CASES[case]
    (name,) = function.__code__.co_varnames[: function.__code__.co_argcount]
    with pytest.raises(NotYet) as error:
        trace(function, {name: ("n",) if name == "x" else ("N", "N")})
    message = str(error.value)
    assert itself in message
    assert instead in message
    assert "(line " in message
    assert ("# here" in message) == (function.__name__ != "<lambda>")
    assert "\n" not in message


def test_no_hint_hides_a_supported_function() -> None:
    known = {name.rpartition(".")[2] for name in (*FUNCTIONS, *METHODS)}
    assert not known & set(INSTEAD)


WORKS: dict[str, Callable[..., Any]] = {
    "a column of ones": lambda x: x * np.ones(x.shape) + np.zeros((len(x),)),
    "a full array": lambda x: np.full(x.shape, 2.0) * x,
    "positions": lambda x: x * np.arange(x.shape[0]),
    "the identity": lambda x: np.eye(x.shape[0]) @ x,
    "np.array of a traced array": lambda x: np.array(x) * np.asarray(x),
    "a list of arrays": lambda x: np.array([x, 2 * x]),
    "a message": lambda x: x * len(f"{x:.3f}"[:1]),
    "numbers of its own": lambda x: x * np.ones(3).sum() * np.array([1.0, 2.0])[1],
}


@pytest.mark.parametrize("name", WORKS)
def test_what_is_made_from_symbolic_sizes(name: str) -> None:
    program = trace(WORKS[name], {"x": "n"})
    assert program.outputs[0].shape[-1] == program.inputs[0].shape[0]
