"""Deep expressions get names where these pay off, and nothing else does."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.normal import normal
from symbackprop.algebra.sums import rename
from symbackprop.algebra.trees import elements
from symbackprop.calculus.naming import with_names, without
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.trace import trace
from tests.calculus.closed_forms import assert_closed_form

SHAPES = {
    "x": ("n",), "A": ("n", "n"), "W": ("n", "m"), "X": ("N", "n"), "eps": (), "q": ("L", "n"),
    "k": ("S", "n"), "v": ("S", "m"), "a": ("n",), "g": ("n",), "t": ("n",), "s": ("N", "n"),
    "T": ("N", "n"), "gamma": ("n",), "beta": ("n",), "d": ("N",), "c": (), "R": ("N", "n"),
}  # fmt: skip

DEEP = {
    "three layers": (
        "y = tanh(A @ tanh(A @ tanh(A @ x)))", [],
        {"x": "A.T @ dz", "A": "outer(dz, x) + outer(dz_2, h) + outer(dz_3, h_2)"},
    ),
    "silu": ("y = x/(1 + exp(-x))", [], {"x": "dy*(s + y*(1 - s))"}),
    "layer norm": (
        "y = (X - mean(X, axis=1, keepdims=True))/sqrt(var(X, axis=1, keepdims=True) + 1)", [],
        {"X": "(dy - (sum(dy, axis=1, keepdims=True) + y*sum(dy*y, axis=1, keepdims=True))"
              "/X.shape[1])/r[:, None]"},
    ),
    "attention": (
        "y = exp(q @ k.T)/sum(exp(q @ k.T), axis=1, keepdims=True) @ v", [],
        {"q": "dz @ k", "k": "dz.T @ q"},
    ),
    "highway": (
        "y = 1/(1 + exp(-a))*g + x*(1 - 1/(1 + exp(-a)))", [],
        {"x": "dy*(1 - s)", "g": "dy*s"},
    ),
    "dice": (
        "L = 1 - 2*sum(x*t)/(sum(x) + sum(t))", ["x > 0", "t > 0"],
        {"x": "dz - 2*t/z", "t": "dz - 2*x/z"},
    ),
    "an item response model": (
        "L = -sum(T*log(1/(1 + exp(-(d[:, None] - a))))"
        " + (1 - T)*log(1 - 1/(1 + exp(-(d[:, None] - a)))))", [],
        {"d": "sum(s, axis=1) - sum(T, axis=1)", "a": "sum(T, axis=0) - sum(s, axis=0)"},
    ),
    "an outer sum": (
        "L = sum((1/(1 + exp(-(d[:, None] - c*a))))**2)", [],
        {"d": "sum(dz, axis=1)", "c": "-sum(a*dz)", "a": "-c*sum(dz, axis=0)"},
    ),
    "log growth": (
        "z = A @ x; r = sqrt(sum(z**2)); L = c*r - log(sum(x**2))", [],
        {"z": "c*z/r", "x": "2*dz_3*x + A.T @ dz"},
    ),
    "a power whose exponent saturates": (
        "z = (a - t)**2; y = (z**2 + 1)**tanh(z)", [],
        {"z": "dy*y*(log(1 + z**2)*(1 - tanh(z)**2) + 2*z*tanh(z)/(1 + z**2))"},
    ),
    "clip": ("y = clip(x, -1, 1)", [], {"x": "dy*where(x < 1, 1, 0)*where(x > -1, 1, 0)"}),
    "log cosh": ("L = sum(log(cosh(x - t)))", [], {"x": "tanh(x - t)", "t": "-tanh(x - t)"}),
    "normalised": (
        "y = x/maximum(sqrt(sum(x**2)), eps)", ["eps > 0"],
        {"x": "dy/h + dh*x*where(r > eps, 1, 0)/r", "eps": "dh*where(eps >= r, 1, 0)"},
    ),
    "normalised and scaled": (
        "y = gamma*(X - mean(X, axis=1, keepdims=True))"
        "/sqrt(var(X, axis=1, keepdims=True) + 1) + beta", [],
        {"gamma": "sum(dy*h, axis=0)", "beta": "sum(dy, axis=0)"},
    ),
}  # fmt: skip


def shapes_in(text: str) -> dict[str, tuple[str, ...]]:
    """The shapes of the inputs that a text has."""
    names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    return {name: shape for name, shape in SHAPES.items() if name in names}


@pytest.mark.parametrize("name", DEEP)
def test_the_form(name: str) -> None:
    text, assume, expected = DEEP[name]
    derived = backward(parse_program(text, shapes_in(text), assume=assume))
    for array, form in expected.items():
        assert_closed_form(derived, array, form)


@pytest.mark.parametrize("name", DEEP)
def test_the_numbers(name: str) -> None:
    """In float64 too, and with values of 1000."""
    text, assume, _ = DEEP[name]
    report = sb.derive(text, shapes=shapes_in(text), assume=assume).verify()
    assert report.ok, str(report.table())


SIMPLE = [
    "y = exp(x)/sum(exp(x))", "y = exp(x - max(x))/sum(exp(x - max(x)))", "L = log(sum(exp(x)))",
    "y = x - log(sum(exp(x)))", "y = W.T @ x", "y = exp(x)/(1 + exp(x))", "y = 1/(1 + exp(-x))",
    "y = x*max(x)", "L = sqrt(sum(x**2))",
]  # fmt: skip


@pytest.mark.parametrize("text", SIMPLE)
def test_what_is_simple_gets_no_names(text: str) -> None:
    program = parse_program(text, shapes_in(text))
    assert backward(program).program == program


def test_names_that_are_written_in_again_leave_the_program_as_it_was() -> None:
    text = "y = tanh(A @ tanh(A @ x)) + sum(tanh(A @ x))"
    program = parse_program(text, shapes_in(text))
    named, made = with_names(program)
    assert [a.name for a in made] and len(named.definitions) == 1 + len(made)
    (back,) = without(named, made).definitions
    assert normal(back.expr) == rename(
        normal(program.definitions[0].expr),
        dict(zip(program.definitions[0].indices, back.indices, strict=True)),
    )


def test_a_name_stands_for_earlier_arrays_only() -> None:
    program = parse_program("y = maximum(tanh(x), tanh(x)); z = clip(y, -1, 1)", {"x": ("n",)})
    known = set(program.inputs)
    for d in with_names(program)[0].definitions:
        assert {e.array for e in elements(d.expr)} <= known
        known.add(d.array)


def test_generated_names_clash_with_nothing() -> None:
    shapes = {"z": ("n", "n"), "h": ("n",), "dz_2": ()}
    derived = backward(parse_program("y = dz_2*tanh(z @ tanh(z @ h))", shapes))
    names = [a.name for a in (*derived.program.inputs, *(s.array for s in derived.steps))]
    names += [d.array.name for d in derived.program.definitions]
    assert len(names) == len(set(names))


def test_the_largest_is_found_among_kept_values() -> None:
    """[u_j = m] in floating point, where u is computed."""

    def loss(x: Any) -> Any:
        m = np.max(np.sum(np.log2(x**2 + 2) ** 2, axis=1) / 3)
        return np.cos(m)

    derived = sb.derive(loss, shapes={"x": ("n", "d")})
    assert derived.verify().ok


def test_nothing_is_rewritten_inside_an_equality() -> None:
    """y = max(K)/s must not turn [K = max(K)] into [K = y s]."""

    def loss(K: Any) -> Any:
        y = np.max(K, axis=1) / np.sqrt(np.mean(np.max(K, axis=1) ** 2) + 0.1)
        return np.sum(np.max(y) ** 2)

    assert sb.derive(loss, shapes={"K": ("n", "d")}).verify().ok


def test_an_array_in_the_middle_may_be_used_in_comparisons_only() -> None:
    def layer(x: Any) -> Any:
        m = np.mean(x)
        y = x * (x > m)
        return y

    derived = backward(trace(layer, {"x": ("n",)}))
    assert_closed_form(derived, "x", "dy*(x > m)")
    with pytest.raises(sb.DerivationError, match="m depends on c only through a comparison"):
        sb.derive("m = 2*c; y = x*where(x > m, 1, 0)", shapes={"x": ("n",), "c": ()})


def test_a_form_that_divides_by_a_sum_of_zero_is_passed_over() -> None:
    def layer(b: Any, R: Any) -> Any:
        p = np.var((b - b.mean(0)) / np.sqrt(b.var(0) + 1), axis=0, keepdims=True)
        return R * (p >= R) - 0.1 * p

    assert sb.derive(layer, shapes={"b": ("d",), "R": ("h", "d")}).verify().ok


def test_what_cancels_is_no_comparison() -> None:
    derived = sb.derive("L = sum(var(x + s))", shapes={"x": ("n",), "s": ()})
    assert derived.gradients["s"].expr == 0


def test_an_input_without_a_part_has_a_gradient_of_zeros() -> None:
    derived = sb.derive("y = 2*x + 0*c", shapes={"x": ("n",), "c": ()})
    module = derived.compile()
    _, saved = module.forward(np.ones(3), 2.0)
    gradient = module.backward(saved, np.ones(3)).c
    assert gradient == 0.0 and np.asarray(gradient).dtype == np.float64
