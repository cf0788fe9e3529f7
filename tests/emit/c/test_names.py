"""Inputs that are called like something else in the module or in C."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.emit.fast.passes import Names
from tests.emit.c.compiler import needs_compiler

pytestmark = needs_compiler

# Names that C, or the text around the loops, has for something else.
HOSTILE = [
    "double int i exp lo restrict f64 work".split(),
    "N e M long_row side_by_side".split(),
    "far all some part stop FETCH beyond_cache".split(),
]


@pytest.mark.parametrize("names", HOSTILE, ids=" ".join)
def test_inputs_may_have_any_names(names: list[str]) -> None:
    text = f"h = exp({'*'.join(names)}); y = h/sum(h, axis=1, keepdims=True); L = sum(y**2)"
    size = "n" if "e" in names else "e"
    derivation = sb.derive(text, shapes=dict.fromkeys(names, ("rows", size)))
    inputs = np.random.default_rng(7).normal(size=(len(names), 5, 3))
    got = derivation.compile("c").value_and_grad(*inputs)[1]
    want = derivation.compile().value_and_grad(*inputs)[1]
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_inputs_called_like_the_helpers() -> None:
    """These have other names, in small and in large calls."""
    names = list(Names(()).all.values())
    text = f"e = exp({' + '.join(names)}); y = e/sum(e, axis=1, keepdims=True); L = -sum(t*log(y))"
    shapes = dict.fromkeys([*names, "t"], ("N", "n"))
    found = sb.derive(text, shapes=shapes, wrt=("_whole",))
    random = np.random.default_rng(4)
    for rows in (2, 4000):
        *inputs, t = random.normal(size=(len(names) + 1, rows, 4))
        want, slopes = found.compile().value_and_grad(*inputs, t)
        for target in ("numpy-fast", "c"):
            value, grads = found.compile(target).value_and_grad(*inputs, t)
            np.testing.assert_allclose(value, want, rtol=1e-10)
            for one, other in zip(grads, slopes, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
