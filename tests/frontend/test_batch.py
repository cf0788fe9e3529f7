"""A batch of samples: against the same function called sample by sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.batch import add_batch
from symbackprop.frontend.names import rename_arrays
from symbackprop.frontend.text import parse_program
from tests.frontend.evaluate import outputs
from tests.frontend.spell import spell_fact, spelled

SOFTMAX_CE = "y = exp(a)/sum(exp(a)); L = -sum(t*log(y))"


def softmax_ce(**options: Any) -> Any:
    return parse_program(SOFTMAX_CE, {"a": "n", "t": "n"}, assume=["sum(t) == 1"], **options)


def test_softmax_ce() -> None:
    program = add_batch(softmax_ce(), "N", ["a", "t"])
    assert spelled(program) == [
        "y[i,j] = (exp(a[i,j]) * (sum_k(exp(a[i,k]))^-1))",
        "L = ((N^-1) * sum_i((-1 * sum_j((t[i,j] * log(y[i,j]))))))",
    ]
    assert [[str(s) for s in a.shape] for a in program.inputs] == [["N", "n"], ["N", "n"]]
    assert [o.shape for o in program.outputs] == [()]
    assert [str(s) for s in program.sizes] == ["N", "n"]
    (fact,) = program.assumptions
    assert spell_fact(fact) == "sum_i(t[j,i]) == 1"
    assert fact.text == "sum(t) == 1 (each sample)"
    assert program.definitions[0].array.sign == ">0"


CASES = {
    "an affine layer": ("y = x @ W + b", {"x": "D", "W": "D,M", "b": "M"}, ["x"]),
    "two outputs": (
        "y = tanh(x @ W); y, sum(y * t)",
        {"x": "D", "W": "D,M", "t": "M"},
        ["x", "t"],
    ),
    "a loss that is used again": (
        "L = sum(x * x); M = L * W; L, M",
        {"x": "D", "W": "D"},
        ["x"],
    ),
    "a scalar on the way": ("s = sum(x); y = x / s * len(x)", {"x": "D"}, ["x"]),
    "a parameter of its own": ("r = sum(W * W); x * r", {"x": "D", "W": "M"}, ["x"]),
    "an output without data": ("r = sum(W * W); x * r, r", {"x": "D", "W": "M"}, ["x"]),
    "rank 0 data": ("y = x * W", {"x": "", "W": "M"}, ["x"]),
    "a kept axis": ("x / sum(x, axis=0, keepdims=True)", {"x": "D,M"}, ["x"]),
    "an output of shape (1,)": ("sum(x, axis=0, keepdims=True)", {"x": "D"}, ["x"]),
    "conditions and maxima": (
        "where(x > W, x, max(x)) + maximum(x, 0)",
        {"x": "D", "W": "D"},
        ["x"],
    ),
}
NUMBERS = {"D": 3, "M": 2}


@pytest.mark.parametrize("name", CASES)
def test_against_one_sample_at_a_time(name: str) -> None:
    text, shapes, data = CASES[name]
    single = parse_program(text, shapes)
    batched = add_batch(single, "N", data)
    random = np.random.default_rng(3)
    inputs, count = {}, 4
    for array in single.inputs:
        shape = [NUMBERS[str(s)] for s in array.shape]
        lead = [count] if array.name in data else []
        inputs[array.name] = random.uniform(0.5, 1.5, [*lead, *shape])
    found = outputs(batched, inputs)
    samples = [
        outputs(single, {m: v[k] if m in data else v for m, v in inputs.items()})
        for k in range(count)
    ]
    for position, output in enumerate(single.outputs):
        each = np.array([s[position] for s in samples])
        without = name == "an output without data" and position == 1
        expected = each.mean() if not output.shape else each[0] if without else each
        assert found[position].shape == expected.shape
        np.testing.assert_allclose(found[position], expected, rtol=1e-13)


def test_a_loss_that_is_used_again_keeps_its_samples() -> None:
    text, shapes, data = CASES["a loss that is used again"]
    program = add_batch(parse_program(text, shapes), "N", data)
    assert [d.array.name for d in program.definitions] == ["L_each", "L", "M"]


def test_signs_and_other_assumptions() -> None:
    assume = ["a > 0", "W > 0", "sum(W) == 1"]
    program = parse_program("y = a * W", {"a": "n", "W": "n"}, assume=assume)
    batched = add_batch(program, "N", ["a"])
    assert [a.sign for a in batched.inputs] == [">0", ">0"]
    facts = ["a[i,j] > 0", "W[i] > 0", "sum_i(W[i]) == 1"]
    assert [spell_fact(f) for f in batched.assumptions] == facts
    assert [f.text for f in batched.assumptions] == assume


def test_a_lifted_assumption_is_renamed() -> None:
    program = rename_arrays(add_batch(softmax_ce(), "N", ["a", "t"]), {"t": "p", "a": "sample"})
    assert program.assumptions[0].text == "sum(p) == 1 (each sample)"


@pytest.mark.parametrize(
    ("size", "data", "kind", "words"),
    [
        ("n", ["a"], InputError, "the batch size 'n' is taken in expression"),
        ("y", ["a"], InputError, "the batch size 'y' is taken"),
        ("t", ["a"], InputError, "the batch size 't' is taken"),
        ("3", ["a"], InputError, "is not a name"),
        ("N,M", ["a"], InputError, "is not a name"),
        ("__import__('os')", ["a"], InputError, "is not a name"),
        ("N", [], InputError, "no data input"),
        ("N", ["aa"], UnknownNameError, "'aa' is not an input; did you mean 'a'?"),
        ("N", ["y"], UnknownNameError, "'y' is not an input; there are a, t"),
    ],
)
def test_errors(size: str, data: list[str], kind: type[Exception], words: str) -> None:
    with pytest.raises(InputError) as error:
        add_batch(softmax_ce(), size, data)
    assert type(error.value) is kind
    assert words in str(error.value)
