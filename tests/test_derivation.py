"""The public face: what `derive` accepts and what a `Derivation` hands out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

import symbackprop as sb
from symbackprop import catalogue


def forward(a: Any, t: Any) -> Any:
    y = np.exp(a) / np.sum(np.exp(a))
    L = -np.sum(t * np.log(y))
    return L


SHAPES = {"a": ("n",), "t": ("n",)}
WAYS: dict[str, Callable[[], sb.Derivation]] = {
    "name": lambda: sb.derive("softmax-ce"),
    "function": lambda: sb.derive(forward, shapes=SHAPES, wrt=["a"], assume=["sum(t) == 1"]),
    "text": lambda: sb.derive(
        "y = exp(a)/sum(exp(a)); L = -sum(t*log(y))",
        shapes=SHAPES, wrt=["a"], assume=["sum(t) == 1"],
    ),
    "layer": lambda: sb.derive(catalogue.load("softmax-ce")),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_softmax_with_cross_entropy_is_y_minus_t_however_it_is_given(way: str) -> None:
    d = WAYS[way]()
    gradient = d.gradients["a"]
    (k,) = (sympy.Symbol(name, integer=True) for name in gradient.indices)
    y, t = (sympy.IndexedBase(sympy.Symbol(name, real=True)) for name in "yt")
    assert gradient.expr == y[k] - t[k]
    assert gradient.shape == ("n",)
    assert d.facts == ("sum(t) == 1",)
    assert [definition.array.name for definition in d.definitions] == ["y", "L"]
    assert "y_{k} - t_{k}" in d.latex()
    assert r"\sum_{k} t_{k} = 1" in d.latex()


def test_without_the_assumption_the_sum_stays() -> None:
    d = sb.derive("softmax-ce", no_assume=True)
    assert d.facts == ()
    assert d.gradients["a"].expr.has(sympy.Sum)
    assert r"\sum_{" in d.gradients["a"].latex()


def test_an_assumption_can_be_given_again() -> None:
    assert sb.derive("softmax-ce", no_assume=True, assume=["sum(t) == 1"]).facts == ("sum(t) == 1",)


def test_the_domain_of_a_layer_stays_without_its_assumptions() -> None:
    with_, without = sb.derive("batch-norm"), sb.derive("batch-norm", no_assume=True)
    assert with_.latex() == without.latex()


def test_wrt_chooses_inputs_and_their_order() -> None:
    assert list(sb.derive("softmax-ce", wrt=["t", "a"]).gradients) == ["t", "a"]


def test_renaming_matches_the_notes() -> None:
    d = sb.derive("softmax-ce", rename={"a": "z", "y": "o", "L": "E"}, wrt=["a"])
    assert list(d.gradients) == ["z"]
    assert "o_{k} - t_{k}" in d.latex()
    assert r"\partial E" in d.latex()
    assert list(sb.derive("softmax-ce", rename={"a": "z"}, wrt=["z"]).gradients) == ["z"]


def test_names_can_be_swapped() -> None:
    d = sb.derive("softmax-ce", rename={"a": "y", "y": "a"}, wrt=["a"])
    assert list(d.gradients) == ["y"]
    assert "a_{k} - t_{k}" in d.latex()


@pytest.mark.parametrize("batch", ["N", {"N": ["a", "t"]}])
def test_a_batch_axis_is_that_of_the_batch_layer(batch: Any) -> None:
    d = sb.derive("softmax-ce", batch=batch)
    assert d.gradients["a"].shape == ("N", "n")
    rng = np.random.default_rng(7)
    a, t = rng.normal(size=(3, 4)), rng.dirichlet(np.ones(4), size=3)
    got = d.compile().value_and_grad(a, t)
    want = sb.derive("softmax-ce-batch").compile().value_and_grad(a, t)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-14)
    np.testing.assert_allclose(got[1].a, want[1].a, rtol=1e-13, atol=1e-16)


def test_the_softmax_jacobian() -> None:
    jacobian = sb.derive("softmax").jacobian("y", "a")
    j, k = (sympy.Symbol(name, integer=True) for name in (*jacobian.rows, *jacobian.columns))
    y = sympy.IndexedBase(sympy.Symbol("y", real=True))
    expected = y[j] * (sympy.KroneckerDelta(j, k) - y[k])
    assert sympy.expand(jacobian.expr - expected) == 0
    assert r"\begin{cases}" in jacobian.latex()
    assert "diag" in jacobian.latex()
    assert json.loads(jacobian.json())["rows"] == list(jacobian.rows)


def test_the_equations_go_on_in_sympy() -> None:
    equations = sb.derive("softmax-ce").to_sympy()
    assert [str(e.lhs) for e in equations] == ["y[k]", "L", "da[k]"]
    assert all(isinstance(e, sympy.Eq) for e in equations)


def test_the_record_holds_everything_as_plain_data() -> None:
    record = json.loads(sb.derive("affine-batch").json())
    assert record["inputs"][1] == {"name": "W", "shape": ["D", "M"]}
    assert list(record["gradients"]) == ["x", "W", "b"]
    assert record["upstream"] == [{"name": "dz", "shape": ["N", "M"]}]
    assert "@" in record["gradients"]["W"]["numpy"]
    assert record["latex"]["index"] != record["latex"]["matrix"]
    compile(record["numpy"], "affine_batch.py", "exec")


def test_a_notebook_shows_display_mathematics() -> None:
    shown = sb.derive("softmax-ce")._repr_latex_()
    assert shown.startswith("$\\displaystyle")
    assert shown.endswith("$")
    assert shown.count("$") == 2


def test_a_derivation_can_be_verified() -> None:
    assert sb.derive("softmax-ce").verify().ok


@pytest.mark.parametrize(
    ("what", "options", "error", "says"),
    [
        ("softmaxce", {}, sb.UnknownNameError, "softmax-ce"),
        (3, {}, sb.InputError, "int"),
        ("softmax-ce", {"wrt": ["z"]}, sb.UnknownNameError, "'z'"),
        ("softmax-ce", {"shapes": {"q": ("n",)}}, sb.UnknownNameError, "'q'"),
        ("softmax-ce", {"batch": {}}, sb.InputError, "0"),
        ("apple", {"batch": "N"}, sb.InputError, "N=apple"),
        (forward, {}, sb.InputError, "a"),
        (forward, {"shapes": {"a": ("n",), "t": ("m",)}}, sb.ShapeError, "(n,)"),
        (lambda x: np.convolve(x, x), {"shapes": {"x": ("n",)}}, sb.NotYet, "convolve"),
    ],
)
def test_errors_are_of_one_tree(
    what: Any, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as caught:
        sb.derive(what, **options)
    assert isinstance(caught.value, sb.SymbackpropError)
    assert says in str(caught.value)


def test_the_difference_of_two_arrays_is_not_a_layer() -> None:
    d = sb.derive("x-y", shapes={"x": ("n",), "y": ("n",)}, wrt=["y"])
    assert list(d.gradients) == ["y"]
