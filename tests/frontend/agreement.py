"""A traced function against the function itself, at random inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symbackprop.frontend.trace import trace
from tests.frontend.evaluate import outputs

SHAPES = {
    "c": (),
    "a": ("n",),
    "b": ("n",),
    "d": ("D",),
    "x": ("N", "n"),
    "w": ("n", "D"),
    "k": ("N", 1),
    "s": ("S", "N", "n"),
    "three": (3,),
    "q": ("n", "n"),
    "v": ("2*D",),
    "r": ("S", "n", "D"),
    "h": ("D", "S", "N", "n"),
}
NUMBERS = {"n": 4, "D": 2, "N": 5, "S": 2}


def lengths(size: Any) -> int:
    return 2 * NUMBERS["D"] if size == "2*D" else NUMBERS.get(size, size)


def inputs(names: list[str], positive: bool) -> dict[str, Any]:
    random = np.random.default_rng(1)
    shapes = {m: [lengths(s) for s in SHAPES[m]] for m in names}
    if positive:
        return {m: random.uniform(0.1, 2, shapes[m]) for m in names}
    return {m: random.standard_normal(shapes[m]) for m in names}


def agrees(function: Callable[..., Any], positive: bool = False) -> None:
    names = list(function.__code__.co_varnames[: function.__code__.co_argcount])
    program = trace(function, {m: SHAPES[m] for m in names})
    given = inputs(names, positive)
    expected = function(**given)
    expected = expected if isinstance(expected, tuple) else (expected,)
    found = outputs(program, given)
    assert len(found) == len(expected)
    for ours, numpys in zip(found, expected, strict=True):
        assert ours.shape == np.shape(numpys)
        np.testing.assert_allclose(ours, np.asarray(numpys, float), rtol=1e-12, atol=1e-13)


# The functions of the table by name; a test below compares this list with the table.
