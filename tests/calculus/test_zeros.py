"""What is always 0 is not divided by, whatever it was multiplied with."""

from __future__ import annotations

import pytest

from symbackprop.algebra.deadline import limited
from symbackprop.algebra.nodes import fresh_index
from symbackprop.calculus.simplify import Simplifier
from symbackprop.calculus.zeros import Zeros
from symbackprop.deriving import unchecked
from symbackprop.errors import ZeroDivisor
from symbackprop.frontend.text import parse_program

X = {"x": ("n",), "q": ("n",)}


@pytest.mark.parametrize(
    ("text", "zero"),
    [
        ("m = mean(x); z = m + mean(-x)", {"z"}),
        ("m = mean(x); u = x - m; v = mean(u); w = v*q; z = sum(w)", {"v", "w", "z"}),
        ("y = softmax(x); z = sum(y) - 1", {"z"}),
        ("e = exp(x); f = exp(-x); z = log(e*f)", {"z"}),
        ("m = mean(x); u = x - m; z = sum(u*u)", set()),
        ("m = mean(x); z = m - sum(x)", set()),
    ],
)
def test_what_cancels_is_found(text: str, zero: set[str]) -> None:
    used = {name: shape for name, shape in X.items() if f"({name}" in text or f"*{name}" in text}
    program = parse_program(text, used)
    simplifier = Simplifier(program)
    zeros = Zeros(simplifier.definitions, simplifier.facts)
    assert {d.array.name for d in program.definitions if d.element in zeros} == zero
    assert program.inputs[0][fresh_index(program.inputs[0].axes[0]),] not in zeros


@pytest.mark.parametrize(
    "text",
    [
        # Each was once solved for a factor of what is always 0.
        "p = exp(x) - 1; u = (p - mean(p))/sqrt(var(p) + 1); L = var(u) + sum(q*p)",
        "m = -mean(x); z = m + x; r = sqrt(sum(z**2) + 1); v = mean(z/r); u = z/r - v;"
        " L = sum(u**2*x)",
        "m = mean(x); z = m + mean(-x); w = z*q; L = sum(w*x) + sum(q**2)",
    ],
)
def test_a_gradient_beside_a_zero_is_right(text: str) -> None:
    used = {name: shape for name, shape in X.items() if f"({name}" in text or f"*{name}" in text}
    report = unchecked(text, shapes=used).verify()
    assert report.ok, report.table()


def test_a_sum_over_two_axes_of_what_is_centred_on_one() -> None:
    text = "p = exp(x) - 1; L = var((p - mean(p, axis=0))/sqrt(var(p, axis=0) + 1)) + sum(q*p)"
    report = unchecked(text, shapes={"x": ("n", 1), "q": ("n", 1)}).verify()
    assert report.ok, report.table()


def test_a_matrix_that_takes_no_other_ends_the_search() -> None:
    program = parse_program("B = A @ A; C = inv(B); y = C @ x", {"A": ("n", "n"), "x": ("n",)})
    simplifier = Simplifier(program)
    with limited(20):
        zeros = Zeros(simplifier.definitions, simplifier.facts)
        assert not any(d.element in zeros for d in program.definitions)


def test_what_follows_from_a_fact_is_zero() -> None:
    shapes = {"t": ("n",), "q": ("n",)}
    program = parse_program("s = sum(t) - 1; z = s*q", shapes, assume=["sum(t) == 1"])
    simplifier = Simplifier(program)
    zeros = Zeros(simplifier.definitions, simplifier.facts)
    assert {d.array.name for d in program.definitions if d.element in zeros} == {"s", "z"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y = x/(x - x)", "'y' divides by what is always 0"),
        ("m = x - x; y = x/m", "'y' divides by m, which is always 0"),
        ("m = mean(x); u = mean(x - m); z = sum(x/u)", "'z' divides by u, which is always 0"),
        ("y = softmax(x); z = x/(sum(y) - 1)", "'z' divides by a sum that is always 0"),
        ("m = x - x; y = exp(-x/m)", "'y' divides by m, which is always 0"),
    ],
)
def test_a_program_that_divides_by_zero_is_refused(text: str, words: str) -> None:
    with pytest.raises(ZeroDivisor, match=words):
        unchecked(text, shapes={"x": ("n",)})


@pytest.mark.parametrize("factor", ["1", "where(m != 0, 2/m, 1)"])
def test_a_branch_that_is_never_taken_may_divide_by_zero(factor: str) -> None:
    text = f"m = x - x; y = where(m > 0, x/m, 0)*{factor}"
    assert unchecked(text, shapes={"x": ("n",)}).backward.steps
