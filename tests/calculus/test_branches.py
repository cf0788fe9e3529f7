"""Results with brackets: read as `where`, folded in the branch where a definition holds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sympy import sign

import symbackprop as sb
from symbackprop.algebra.nodes import Iverson, Where
from symbackprop.calculus.costs import program_cost
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.text import parse_program
from tests.calculus.closed_forms import published, sameness

SHAPES: dict[str, tuple[str, ...]] = {"x": ("n",), "w": ("n",), "c": ()}
CASES = [
    # text, closed form of dx
    ("y = where(x > 0, x, c*x)", "dy*where(x > 0, 1, c)"),
    ("y = where(x > 0, x, c*(exp(x) - 1))", "dy*where(x > 0, 1, y + c)"),
    ("y = where(x > 0, log(1 + x), -x)", "dy*where(x > 0, 1/(1 + x), -1)"),
    ("y = where(abs(x) <= c, x**2/2, c*(abs(x) - c/2))",
     "dy*where(abs(x) <= c, x, c*sign(x))"),
    ("y = maximum(0, 1 - w*x)", "-dy*w*(w*x < 1)"),
    ("y = x/(1 + abs(x))", "dy/(1 + abs(x))**2"),
    ("y = x*abs(x)", "2*dy*abs(x)"),
    ("y = x*cbrt(x)", "4*dy*sign(x)*abs(x)**(1/3)/3"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_closed_form(text: str, expected: str) -> None:
    used = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", text)}
    derived = backward(parse_program(text, used), ["x"])
    other = published(derived, f"dx = {expected}")
    assert sameness(derived, other, "x") in ("all sizes", "proved")
    assert program_cost(derived).total <= program_cost(other).total * 1.001


MASKED = [
    # what is 0 in a region is not divided by and cancelled
    "p = x**2; L = var(p, ddof=1)*((var(p, ddof=1) < 0) | (var(p, ddof=1) > 1))",
    "v = sum(x**2); L = v*(v > 1)/3",
    "h = maximum(x, 0); m = h*w; L = sum(m*m)",
    "h = w*(x > 1); L = mean(h**2*x)",
    "h = where(x > 1, w*x, 0); L = sum(h**2/w)",
]


@pytest.mark.parametrize("text", MASKED)
@pytest.mark.parametrize("scale", [0.01, 3.0])
def test_a_gradient_is_right_on_both_sides_of_a_mask(text: str, scale: float) -> None:
    used = {name: ("n",) for name in ("x", "w") if re.search(rf"\b{name}\b", text)}
    module = sb.derive(text, shapes=used, wrt=["x"]).compile()
    x = scale * np.array([0.7, -1.3, 1.9])
    rest = {"w": np.array([0.6, 1.1, -0.8])} if "w" in used else {}

    def value(x: np.ndarray) -> float:
        return float(module.forward(x=x, **rest)[0])

    found = module.value_and_grad(x=x, **rest)[1].x
    slopes = [(value(x + h) - value(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("text", ["y = cbrt(x)", "y = sign(x)*sqrt(abs(x))"])
def test_a_root_with_its_sign_has_a_derivative_without(text: str) -> None:
    derived = backward(parse_program(text, {"x": ("n",)}), ["x"])
    assert not derived.steps[-1].expr.has(sign)
    other = published(derived, f"dx = dy*y/x/{3 if 'cbrt' in text else 2}")
    assert sameness(derived, other, "x") in ("agrees", "proved")


def test_two_opposite_brackets_are_one_where() -> None:
    derived = backward(parse_program("y = where(x > 0, x, c*x)", {"x": ("n",), "c": ()}), ["x"])
    assert derived.steps[-1].expr.has(Where)
    assert not derived.steps[-1].expr.has(Iverson)
    assert derived.notes == ("at x = 0 the subgradient with [x > 0] = 0 is used (gradient in x)",)


def test_an_exponential_is_not_folded_outside_its_branch() -> None:
    text = "y = where(x > 0, x, c*exp(x)); L = sum(y*exp(x))"
    derived = backward(parse_program(text, {"x": ("n",), "c": ()}), ["x"])
    other = published(derived, "dx = where(x > 0, 1, c*exp(x))*exp(x) + y*exp(x)")
    assert sameness(derived, other, "x") in ("all sizes", "proved")
