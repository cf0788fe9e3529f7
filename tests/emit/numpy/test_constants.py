"""What does not depend on the numbers of any array is still an array of their type."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.nodes import Quotient, size_symbol
from symbackprop.algebra.subscripts import canonical
from symbackprop.emit.numpy import numpy_expression

CASES = {
    "L = sum(x*0 + 3.0)": 9.0,
    "L = sum(x*0 + 0.5)": 1.5,
    "L = sum(x*0 + 1)*sum(x*0 + 1)": 9.0,
    "y = x*0 + 3": [3.0] * 3,
    "y = x*0 + x.shape[0]": [3.0] * 3,
    "y = x*0 + x.shape[0]/2": [1.5] * 3,
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_has_the_type_of_the_inputs(text: str, dtype: type) -> None:
    derived = sb.derive(text, shapes={"x": ("n",)})
    out, saved = derived.compile().forward(np.array([1, 2, 3], dtype))
    np.testing.assert_array_equal(out, CASES[text])
    assert out.dtype == dtype
    upstream = np.ones(np.shape(out), dtype)
    grads = derived.compile().backward(saved, upstream)
    np.testing.assert_array_equal(grads.x, np.zeros(3))
    assert grads.x.dtype == dtype
    assert derived.verify().ok


def test_the_value_of_a_place_is_a_whole_number() -> None:
    N, D = size_symbol("N"), size_symbol("D")
    place = Quotient(canonical(N * D), canonical(N + 1))
    assert numpy_expression(place, (), ()) == "(D * N - 1) // (1 + N) + 1"
