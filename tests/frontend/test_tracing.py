"""Tracing leaves no marks, works inside itself, and has limits."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from symbackprop.errors import InputError, NotYet
from symbackprop.frontend.finish import MAX_DEPTH
from symbackprop.frontend.trace import trace
from tests.frontend.evaluate import evaluate
from tests.frontend.spell import spelled


def softmax(a: Any) -> Any:
    y = np.exp(a) / np.sum(np.exp(a))
    return y


def rebinding(a: Any) -> Any:
    y = a * 2
    y = y + 1
    y = y * y
    return y


def test_the_trace_function_is_put_back() -> None:
    def watch(frame: Any, event: str, arg: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        trace(softmax, {"a": "n"})
        after = sys.gettrace()
        with pytest.raises(InputError):
            trace(lambda a: 1 / 0, {"a": "n"})
        after_error = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is watch and after_error is watch


def test_the_function_still_runs_on_numbers() -> None:
    trace(softmax, {"a": "n"})
    assert np.array_equal(softmax(np.zeros(2)), np.full(2, 0.5))


def test_expressions_that_grow_without_names_are_refused() -> None:
    def doubling(a: Any) -> Any:
        held = [a]
        for _ in range(30):
            held.append(held[-1] * held[-1])
        return held[-1]

    def deep(a: Any) -> Any:
        held = [a]
        for _ in range(MAX_DEPTH + 1):
            held.append(np.tanh(held[-1]))
        return held[-1]

    for function in (doubling, deep):
        with pytest.raises(InputError, match=r"give its parts names"):
            trace(function, {"a": "n"})


def test_a_long_loop_with_names_is_fine() -> None:
    def long(a: Any) -> Any:
        for _ in range(300):
            a = a / 2 + 1
        return a

    program = trace(long, {"a": "n"})
    assert len(program.definitions) == 300
    found = evaluate(program, {"a": np.array([0.5])})[program.outputs[0].name]
    np.testing.assert_allclose(found, long(np.array([0.5])))


def test_a_trace_inside_a_trace() -> None:
    def outer(a: Any) -> Any:
        inner = trace(rebinding, {"a": "n"})
        y = a * len(inner.definitions)
        return y

    assert spelled(trace(outer, {"a": "n"})) == ["y[i] = (a[i] * 3)"]


def test_len_in_a_function_of_another_module_says_what_to_write() -> None:
    scope: dict[str, Any] = {"__name__": "another"}
    exec("def count(u):\n    return len(u)\n", scope)  # a helper with globals of its own

    with pytest.raises(NotYet, match=r"len\(\) of a symbolic size here .*use x.shape\[0\]"):
        trace(lambda a: a / scope["count"](a), {"a": "n"})
