"""A box for each definition, with the name of the layer that it is."""

from __future__ import annotations

import pytest

from symbackprop.graph.components import components
from symbackprop.graph.diagram import diagram
from symbackprop.graph.drawn import read_sizes
from symbackprop.graph.layers import titles
from tests.graph.graphs import derived, from_text, messages, shown


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("softmax-ce", {"y": "softmax", "L": "cross-entropy"}),
        ("two-layer", {"a1": "affine-batch", "h": "relu", "a2": "affine-batch", "y": "softmax"}),
        ("sigmoid-bce", {"y": "sigmoid"}),
        ("attention", {"p": "softmax"}),
        ("layer-norm", {}),
    ],
)
def test_definitions_are_called_after_layers(name: str, found: dict[str, str]) -> None:
    named = titles(derived(name).backward.program)
    assert {a.name: title for a, title in named.items()} == found


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("q = exp(u)/sum(exp(u)); L = sum(q**2)", "softmax"),  # whatever it is called
        ("q = exp(u)/sum(exp(2*u)); L = sum(q**2)", None),  # nearly
        ("q = exp(u - max(u))/sum(exp(u - max(u))); L = sum(q**2)", "softmax"),  # the same function
        ("q = exp(u)/sum(exp(u), axis=0); L = sum(q**2)", "softmax"),
    ],
)
def test_a_name_is_for_the_same_function_only(text: str, title: str | None) -> None:
    program = from_text(text, {"u": ("m",)}).backward.program
    named = {a.name: t for a, t in titles(program).items()}
    assert named.get("q") == title


def test_softmax_over_the_other_axis_is_no_softmax_of_rows() -> None:
    text = "q = exp(u)/sum(exp(u), axis=0, keepdims=True); L = sum(q**2)"
    program = from_text(text, {"u": ("m", "n")}).backward.program
    assert "q" not in {a.name for a in titles(program)}


def test_softmax_with_cross_entropy_has_two_boxes() -> None:
    found = diagram(messages("softmax-ce", "layer"))
    lines = {shown(x.value, x.indices): shown(x.message, x.indices)
             for x in found.lines if x.message is not None}  # fmt: skip
    assert lines == {"a[k]": "y[k] - t[k]", "y[k]": "-t[k]/y[k]", "L": "1"}


def test_with_a_concrete_n_there_is_a_line_for_each_number() -> None:
    found = messages("softmax-ce", "layer")
    drawn = components(diagram(found), read_sizes(found.backward, 3))
    lines = {(shown(x.value), shown(x.message)) for x in drawn.lines if x.message is not None}
    assert lines == {("L", "1")} | {
        pair for k in (1, 2, 3)
        for pair in ((f"a[{k}]", f"y[{k}] - t[{k}]"), (f"y[{k}]", f"-t[{k}]/y[{k}]"))
    }  # fmt: skip
    assert len([v for v in drawn.vertices if v.operation]) == 2


def test_a_value_that_goes_to_two_layers_has_a_branch_for_each_number() -> None:
    found = messages("layer-norm", "layer")
    drawn = components(diagram(found), read_sizes(found.backward, {"N": 1, "D": 2}))
    keys = {v.key for v in drawn.vertices}
    assert all(line.start in keys and line.end in keys for line in drawn.lines)
    branches = [v for v in drawn.vertices if v.kind == "branch"]
    assert len(branches) == 3  # x[1,1], x[1,2] and mu[1]
