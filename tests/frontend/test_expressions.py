"""Random expression texts mean what NumPy says they mean."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from symbackprop.frontend.text import parse_program
from tests.frontend.evaluate import outputs

SHAPES = {"a": ("n",), "b": ("n",), "x": ("N", "n"), "c": ()}
INPUTS = {
    "a": np.array([0.5, -1.25, 2.0]),
    "b": np.array([1.5, 0.75, -0.5]),
    "x": np.array([[0.25, -0.5, 1.0], [2.0, 0.125, -1.5]]),
    "c": np.array(0.7),
}

LEAVES = st.sampled_from(["a", "b", "x", "c", "2", "0.1", "a.shape[0]", "len(x)"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*"])
    functions = st.sampled_from(["tanh", "abs", "square", "-", "sum", "np.mean", "max"])
    comparisons = st.sampled_from(["<", ">="])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(functions, inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} / (1 + square({t[1]})))"),
        st.tuples(comparisons, inner, inner).map(
            lambda t: f"where({t[1]} {t[0]} {t[2]}, {t[1]}, 3)"
        ),
        st.tuples(inner, inner).map(lambda t: f"maximum({t[0]}, {t[1]})"),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=8)


@settings(max_examples=80, deadline=None)
@given(EXPRESSIONS)
def test_a_random_text_is_what_numpy_computes(text: str) -> None:
    whole = f"x*c + a*b + ({text})"
    program = parse_program(whole, SHAPES)
    functions = {f: getattr(np, f) for f in ("tanh", "abs", "square", "sum", "max", "where")}
    functions |= {"np": np, "maximum": np.maximum, "len": len}
    expected = eval(whole, functions, dict(INPUTS))  # our own text, from the strategies above
    (found,) = outputs(program, INPUTS)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
