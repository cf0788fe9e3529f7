"""Which loops there are, what is kept between them, and which buffers they need."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived


def function(source: str, name: str) -> str:
    """The body of one function of a module."""
    return re.split(r"\n\n\n", source[source.index(f"def {name}(") :])[0]


def fast(name: str, part: str) -> str:
    return function(derived(name).numpy_source(fast=True), part)


def of_text(text: str, part: str, **shapes: tuple[str, ...]) -> str:
    return function(sb.derive(text, shapes=shapes).numpy_source(fast=True), part)


LOOPS = [
    # layer, function, loops, arrays of the whole size besides inputs and results
    ("softmax-ce-batch", "value_and_grad", 1, 0),
    ("layer-norm", "backward", 1, 0),
    ("batch-norm", "forward", 3, 1),  # mean; variance; the output. x̂ is saved
    ("batch-norm", "backward", 2, 0),
    ("sigmoid", "backward", 1, 0),
]


@pytest.mark.parametrize(("name", "part", "loops", "kept"), LOOPS)
def test_loops_are_as_few_as_the_sums_over_rows_allow(
    name: str, part: str, loops: int, kept: int
) -> None:
    body = fast(name, part)
    assert len(re.findall(r"\n +for lo in range\(", body)) == loops
    assert len(re.findall(r'_work\("[\w.]+", \(N, \w+\)', body)) == kept


def test_forward_and_backward_share_one_loop_and_the_memory_of_the_gradient() -> None:
    body = fast("softmax-ce-batch", "value_and_grad")
    assert re.findall(r"_work\(\"[\w.]+\", \(step, n\)", body) == []
    assert "np.exp(shifted, out=da_)" in body


def test_what_is_added_is_read_as_soon_as_it_is_there() -> None:
    lines = [x.strip() for x in fast("softmax-ce-batch", "value_and_grad").splitlines()]
    places = [lines.index(x) for x in (
        "shifted = _shifted(a_, shift, da_)", "u += _weighted(t_, shifted)",
        "np.exp(shifted, out=da_)", "np.log(b0, out=b1)", "u2 += np.add.reduce(b1, axis=None)",
        "_divided(da_, b0, da_)",
    )]  # fmt: skip
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("u = exp(x); y = sum(u) + sum(tanh(u)) + sum(w)",
         ["np.exp(x_, out=b0)", "reduce(b0,", "np.tanh(b0, out=b0)", "reduce(b0,"]),
        # v is not written over u, which is read with it.
        ("u = exp(x); v = tanh(u); y = sum(u*v) + sum(exp(v)) + sum(w)",
         ["np.exp(x_, out=b0)", "np.tanh(b0, out=b1)", "b0, b1)", "np.exp(b1, out=b1)"]),
    ],
)  # fmt: skip
def test_what_is_added_is_read_before_it_is_written_over(text: str, order: list[str]) -> None:
    shapes = {"x": ("N", "n"), "w": ("N", "n")}
    derived = sb.derive(text, shapes=shapes, wrt=["w"])
    body = function(derived.numpy_source(fast=True), "forward")
    place = -1
    for line in order:
        assert (place := body.find(line, place + 1)) > 0, (line, body)
    x, w = np.random.default_rng(1).normal(size=(2, 50, 3))
    module = derived.compile("numpy-fast")
    vars(module)["BLOCK_BYTES"] = 160
    np.testing.assert_allclose(module.forward(x, w)[0], derived.compile().forward(x, w)[0])


def test_a_weighted_loss_looks_for_minus_infinity_only_in_a_sum_that_is_not_finite() -> None:
    body = fast("softmax-ce-batch", "value_and_grad")
    assert "u += _weighted(t_, shifted)" in body
    assert "_unweighted(" not in body
    # Where the logarithms are used again they are made finite themselves.
    both = of_text("v = log(x); y = sum(t*v); z = v*v", "forward", x=("N", "n"), t=("N", "n"))
    assert "_weighted(t_, " not in both


def test_both_sides_of_a_sigmoid_share_one_exponential() -> None:
    assert re.findall(r"\w*exp\(", fast("sigmoid", "forward")) == ["_capped_exp("]
    assert function(derived("sigmoid").numpy_source(), "forward").count("np.exp(") > 1


def test_a_choice_takes_no_branches() -> None:
    body = fast("relu", "backward")
    assert "np.where(" not in body
    assert "_kept(" in body


def test_a_difference_is_computed_again_and_not_kept() -> None:
    body = fast("batch-norm", "forward")
    assert body.count("np.subtract(x_, mu, out=") == 2


def test_an_exponential_is_kept_and_not_computed_again() -> None:
    body = of_text("e = exp(x); y = e/sum(e, axis=0)", "forward", x=("N", "D"))
    assert body.count("np.exp(") == 1


def test_a_mean_and_a_sum_of_the_same_are_one_sum() -> None:
    body = fast("batch-norm", "backward")
    assert body.count("_ones(hi - lo, gamma.dtype) @ dy_") == 1
    assert body.count("np.einsum(") == 1


def test_a_small_power_is_multiplied() -> None:
    body = of_text("y = x**3 + x**4", "forward", x=("N", "D"))
    assert "power" not in body
    assert body.count("np.square(") == 2


def test_rows_that_are_needed_all_at_once_are_there_whole() -> None:
    text = "z = tanh(x); y = sum((z[:, None] - z[None, :])**2, axis=1)"
    body = of_text(text, "forward", x=("n",))
    tanh, difference = body.index("np.tanh("), body.index("np.subtract(")
    assert tanh < body.index("for lo", tanh) < difference


def test_a_view_that_moves_axes_is_no_block_of_rows() -> None:
    text = "p = tanh(x); q = expit(p[None]); L = sum((p*q[0] + p)**2*q[0])"
    derivation = sb.derive(text, shapes={"x": ("n",)})
    module, x = derivation.compile("numpy-fast"), np.linspace(-1, 1, 7)
    vars(module)["BLOCK_BYTES"] = 16
    want = derivation.compile().value_and_grad(x)
    np.testing.assert_allclose(module.value_and_grad(x)[1].x, want[1].x, rtol=1e-13)


def test_products_of_matrices_stand_between_the_loops() -> None:
    body = fast("two-layer", "value_and_grad")
    inner = [line for line in body.splitlines() if line.startswith("        ")]
    assert not any("np.matmul(x" in line or ".T" in line for line in inner)
    assert body.count("np.matmul(h, W2, out=") == 1


def test_rows_that_are_there_are_added_up_right_before_the_sum_is_needed() -> None:
    text = "e = exp(a); y = e/sum(e, axis=1, keepdims=True); L = -sum(t*log(y))"
    derivation = sb.derive(text, shapes={"a": ("N", "n"), "t": ("N", "n")}, wrt=("a",))
    body = function(derivation.numpy_source(fast=True), "value_and_grad")
    places = [body.index(code) for code in ("np.exp(", "t_.dot(ones", "np.vdot(b")]
    assert places == sorted(places)
    first = of_text("s = sum(x, axis=1, keepdims=True); y = exp(t)*s", "forward",
                    x=("N", "n"), t=("N", "n"))  # fmt: skip
    assert first.index("np.exp(") < first.index("ones, out=") < first.index("np.multiply(")
