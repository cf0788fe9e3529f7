"""A counterexample can be computed by hand: the numbers that are shown are those that differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb

CASES: list[tuple[str, str, str | None]] = [
    ("softmax-ce", "-t*(1-y)", "a"), ("softmax-ce", "y", "a"), ("softmax-ce-batch", "y - t", "a"),
    ("mse", "y - t", "y"), ("logistic-regression", "x.T @ (y - t)", "w"),
    ("batch-norm", "gamma*s*dy", "x"), ("relu", "dy*(x < 0)", None), ("hinge", "-t", "x"),
    ("softmax-ce-labels", "y/N", "a"), ("matrix-inverse", "-Y.T @ dY @ Y", "A"),
    ("cross-entropy", "-t*y", "y"), ("gaussian-nll", "(m - t)/v", "m"), ("log-det", "A", "A"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "claim", "wrt"), CASES)
def test_the_true_value_is_that_of_the_generated_code(
    layer: str, claim: str, wrt: str | None
) -> None:
    derived = sb.derive(layer)
    found = derived.check(claim, wrt)
    example = found.counterexample
    assert found.verdict == "false"
    assert example is not None
    module = derived.compile()
    labels = {a.name for a in derived.source.labels}
    inputs = {n: np.array(x, int if n in labels else float) for n, x in example["inputs"].items()}
    names = [a.name for a in derived.source.inputs]
    if derived.backward.upstream[0] is None:
        _, grads = module.value_and_grad(*(inputs[n] for n in names))
    else:
        out, saved = module.forward(*(inputs[n] for n in names))
        upstream = inputs[f"d{derived.backward.program.outputs[0].name}"]
        grads = module.backward(saved, upstream.reshape(np.shape(out)))
    place = tuple(p - 1 for p in example["place"])
    name = wrt or derived.backward.wrt[0].name
    grads = grads._asdict() if hasattr(grads, "_asdict") else {name: grads}
    flat = np.squeeze(grads[name]) if np.ndim(grads[name]) > len(place) else grads[name]
    assert flat[place] == pytest.approx(example["true"], rel=1e-9)
    assert abs(example["claimed"] - example["true"]) > 1e-4


def test_the_numbers_obey_what_is_declared() -> None:
    example = sb.derive("softmax-ce").check("-t*(1-y)", "a").counterexample
    assert example is not None
    assert sum(example["inputs"]["t"]) == 1
    rows = sb.derive("softmax-ce-batch").check("y - t", "a").counterexample
    assert rows is not None
    assert np.sum(rows["inputs"]["t"], axis=1).tolist() == [1.0] * rows["sizes"]["N"]


def test_signs_that_are_declared_hold() -> None:
    derived = sb.derive("y = sqrt(x); L = sum(y)", shapes={"x": ("n",)}, assume=["x > 0"])
    example = derived.check("1/y", "x").counterexample
    assert example is not None
    assert min(example["inputs"]["x"]) > 0


def test_the_numbers_are_small_and_short() -> None:
    for layer, claim, wrt in CASES[:6]:
        example = sb.derive(layer).check(claim, wrt).counterexample
        assert example is not None
        assert max(example["sizes"].values()) <= 3
        for values in example["inputs"].values():
            flat = np.ravel(values)
            assert np.all(np.abs(flat) <= 8)
            assert np.all(flat * 64 == np.round(flat * 64))


def test_the_text_shows_sizes_inputs_place_and_both_values() -> None:
    text = sb.derive("softmax-ce").check("-t*(1-y)", "a").text()
    section = text.partition("counterexample\n")[2].partition("\n\n")[0]
    lines = [line.strip() for line in section.splitlines()]
    assert lines[0] == "n = 2"
    assert [line.split(" = ")[0] for line in lines[1:4]] == ["a", "t", "y"]
    assert lines[-1].startswith("At k = ")
    assert "the claim gives" in lines[-1]


def test_a_difference_far_behind_the_point_is_shown() -> None:
    derived = sb.derive("y = x; L = sum(y)", shapes={"x": ("n",)})
    found = derived.check("1.000001")
    assert found.verdict == "false"
    assert "1.000001, and dx[k] is 1" in found.text()


def without_a_point() -> Any:
    derived = sb.derive(
        "L = sum(t*x)", shapes={"x": ("n",), "t": ("n",)}, assume=["sum(t*t) == -1"], wrt=["x"]
    )
    return derived.check("x")


def test_where_no_point_satisfies_what_is_declared_there_is_no_verdict() -> None:
    found = without_a_point()
    assert (found.verdict, found.ok) == ("inconclusive", False)
    assert "sum(t*t) == -1" in found.reason
    assert "no verdict: " in found.text()
