"""The closed form of every textbook layer comes out of its definitions, in any spelling."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.algebra.program import Program
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.trace import trace
from tests.calculus.closed_forms import assert_closed_form


def parsed(text: str, shapes: dict[str, tuple[str, ...]], assume: list[str]) -> Program:
    """The program of a text, with those of the shapes that it needs."""
    assigned = set(re.findall(r"(\w+) = ", text))
    used = {n: s for n, s in shapes.items() if n not in assigned and re.search(rf"\b{n}\b", text)}
    return parse_program(text, used, assume=assume)


SOFTMAX_VJP = "y*(dy - sum(dy*y))"
VECTORS = {"a": ("n",), "t": ("n",), "x": ("n",), "y": ("n",), "w": ("m",), "T": (), "lam": ()}


def plain(a: Any) -> Any:
    y = np.exp(a) / np.sum(np.exp(a))
    return y


def named_exponentials(a: Any) -> Any:
    e = np.exp(a)
    y = e / e.sum()
    return y


def all_named(a: Any) -> Any:
    e = np.exp(a)
    total = e.sum()
    y = e / total
    return y


def shifted(a: Any) -> Any:
    y = np.exp(a - a.max()) / np.exp(a - a.max()).sum()
    return y


def shifted_named(a: Any) -> Any:
    m = a.max()
    e = np.exp(a - m)
    y = e / e.sum()
    return y


def by_logsumexp(a: Any) -> Any:
    y = np.exp(a - np.log(np.sum(np.exp(a))))
    return y


def by_logsumexp_named(a: Any) -> Any:
    lse = np.log(np.sum(np.exp(a)))
    y = np.exp(a - lse)
    return y


def reciprocal(a: Any) -> Any:
    y = 1 / np.exp(a[None, :] - a[:, None]).sum(axis=1)
    return y


SPELLINGS = [plain, named_exponentials, all_named, shifted, shifted_named, by_logsumexp,
             by_logsumexp_named]


@pytest.mark.parametrize("softmax", SPELLINGS)
def test_softmax_vjp(softmax: Callable[[Any], Any]) -> None:
    derived = backward(trace(softmax, {"a": ("n",)}))
    assert [s.of.name for s in derived.steps] == ["a"]
    assert_closed_form(derived, "a", SOFTMAX_VJP)


@pytest.mark.parametrize("softmax", SPELLINGS)
@pytest.mark.parametrize(
    ("assume", "expected"), [(["sum(t) == 1"], "y - t"), ([], "y*sum(t) - t")]
)
def test_softmax_cross_entropy(
    softmax: Callable[[Any], Any], assume: list[str], expected: str
) -> None:
    def loss(a: Any, t: Any) -> Any:
        y = softmax(a)
        L = -np.sum(t * np.log(y))
        return L

    derived = backward(trace(loss, {"a": ("n",), "t": ("n",)}, assume=assume), ["a"])
    assert [s.of.name for s in derived.steps] == ["a"]
    assert_closed_form(derived, "a", expected)
    assert [f.text for f in derived.facts if f.declared] == assume


@pytest.mark.parametrize("names", ["zot", "abc", "SNE", "QIS", "Eab"])
def test_the_names_do_not_matter(names: str) -> None:
    a, y, t = names
    text = f"{y} = exp({a})/sum(exp({a})); loss = -sum({t}*log({y}))"
    program = parse_program(text, {a: ("k",), t: ("k",)}, assume=[f"sum({t}) == 1"])
    derived = backward(program, [a])
    assert_closed_form(derived, a, f"{y} - {t}")


SIGMOIDS = ["1/(1 + exp(-x))", "exp(x)/(1 + exp(x))", "exp(-log(1 + exp(-x)))",
            "exp(x - log(1 + exp(x)))"]


@pytest.mark.parametrize("sigmoid", SIGMOIDS)
def test_sigmoid(sigmoid: str) -> None:
    derived = backward(parse_program(f"y = {sigmoid}", {"x": ("n",)}))
    assert_closed_form(derived, "x", "dy*y*(1 - y)")


@pytest.mark.parametrize("sigmoid", SIGMOIDS)
def test_binary_cross_entropy(sigmoid: str) -> None:
    text = f"y = {sigmoid}; L = -sum(t*log(y) + (1 - t)*log(1 - y))"
    derived = backward(parsed(text, VECTORS, []), ["x"])
    assert [s.of.name for s in derived.steps] == ["x"]
    assert_closed_form(derived, "x", "y - t")


TANHS = ["tanh(x)", "(exp(x) - exp(-x))/(exp(x) + exp(-x))", "(exp(2*x) - 1)/(exp(2*x) + 1)",
         "2/(1 + exp(-2*x)) - 1"]


@pytest.mark.parametrize("tanh", TANHS)
def test_hyperbolic_tangent(tanh: str) -> None:
    assert_closed_form(backward(parse_program(f"y = {tanh}", {"x": ("n",)})), "x", "dy*(1 - y*y)")


ONE_LINE = [
    # text, assumptions, input, closed form
    ("y = a - log(sum(exp(a)))", [], "a", "dy - exp(y)*sum(dy)"),
    ("L = log(sum(exp(a)))", [], "a", "exp(a - L)"),
    ("L = mean((y - t)**2)", [], "y", "2*(y - t)/len(y)"),
    ("L = mean((y - t)**2)", [], "t", "2*(t - y)/len(y)"),
    ("L = sqrt(sum(square(x)))", [], "x", "x/L"),
    ("y = x/sqrt(sum(x**2))", [], "x", "(dy - y*sum(dy*y))/sqrt(sum(x**2))"),
    ("r = sqrt(sum(x**2)); y = x/r", [], "x", "(dy - y*sum(dy*y))/r"),
    ("y = tanh(x)", [], "x", "dy*(1 - y**2)"),
    ("y = maximum(x, 0)", [], "x", "dy*where(x > 0, 1, 0)"),
    ("y = maximum(0, x)", [], "x", "dy*where(x > 0, 1, 0)"),
    ("y = where(x > 0, x, 0)", [], "x", "dy*where(x > 0, 1, 0)"),
    ("L = sum(abs(x))", [], "x", "sign(x)"),
    ("y = x*(1/(1 + exp(-x)))", [], "x", "dy*(1/(1 + exp(-x)))*(1 + x*(1 - 1/(1 + exp(-x))))"),
    ("s = 1/(1 + exp(-x)); y = x*s", [], "x", "dy*(s + y*(1 - s))"),
    ("y = log(1 + exp(x))", [], "x", "dy/(1 + exp(-x))"),
    ("y = exp(a/T)/sum(exp(a/T)); L = -sum(t*log(y))", ["sum(t) == 1"], "a", "(y - t)/T"),
    ("y = exp(a)/sum(exp(a)); L = -sum(t*log(y))", [], "t", "-log(y)"),
    ("L = sum(x)**2/2", [], "x", "sum(x) + 0*x"),
    ("y = x - mean(x)", [], "x", "dy - mean(dy)"),
    ("y = x**3 + 2*x", [], "x", "dy*(3*x**2 + 2)"),
    ("y = x**T", ["x > 0"], "x", "dy*T*y/x"),
]


@pytest.mark.parametrize(("text", "assume", "name", "expected"), ONE_LINE)
def test_one_line(text: str, assume: list[str], name: str, expected: str) -> None:
    derived = backward(parsed(text, VECTORS, assume), [name])
    assert_closed_form(derived, name, expected)


LOG_SOFTMAX = [
    "logp = z - log(sum(exp(z), axis=1, keepdims=True))",
    "lse = log(sum(exp(z), axis=1, keepdims=True)); logp = z - lse",
    "c = z - max(z, axis=1, keepdims=True); logp = c - log(sum(exp(c), axis=1, keepdims=True))",
]


@pytest.mark.parametrize("text", LOG_SOFTMAX)
def test_the_exponential_of_a_named_log_softmax_sums_to_one(text: str) -> None:
    """∂L/∂z = softmax(z) - t under Σt = 1, however the logarithm is named; no maximum is left."""
    program = parse_program(
        f"{text}; L = -sum(t*logp)", {"z": ("N", "C"), "t": ("N", "C")},
        assume=["sum(t, axis=1) == 1"],
    )
    assert_closed_form(backward(program, ["z"]), "z", "exp(logp) - t")


MATRICES = {"x": ("N", "D"), "W": ("D", "M"), "b": ("M",), "gamma": ("D",), "beta": ("D",),
            "eps": (), "t": ("N", "M"), "v": ("D",), "A": ("D", "D")}
TWO_DIMENSIONS = [
    ("z = x @ W + b", [], "x", "dz @ W.T"),
    ("z = x @ W + b", [], "W", "x.T @ dz"),
    ("z = x @ W + b", [], "b", "sum(dz, axis=0)"),
    ("L = v @ A @ v", [], "v", "A @ v + A.T @ v"),
    ("L = v @ A @ v", [], "A", "v[:, None]*v[None, :]"),
    (
        "m = max(t, axis=1, keepdims=True); e = exp(t - m);"
        " y = e/sum(e, axis=1, keepdims=True)",
        [], "t", "y*(dy - sum(dy*y, axis=1, keepdims=True))",
    ),
    (
        "z = x @ W; y = exp(z)/sum(exp(z), axis=1, keepdims=True);"
        " L = -sum(t*log(y))/N",
        ["sum(t, axis=1) == 1"], "W", "x.T @ dz",
    ),
    (
        "z = x @ W; y = exp(z)/sum(exp(z), axis=1, keepdims=True);"
        " L = -sum(t*log(y))/x.shape[0]",
        ["sum(t, axis=-1) == 1"], "x", "dz @ W.T",
    ),
    (
        "mu = mean(x, axis=0); v = mean((x - mu)**2, axis=0); s = 1/sqrt(v + eps);"
        " h = (x - mu)*s; y = gamma*h + beta",
        ["eps > 0"], "x", "gamma*s*(dy - (sum(dy, axis=0) + h*sum(dy*h, axis=0))/x.shape[0])",
    ),
    (
        "mu = mean(x, axis=0); c = x - mu; v = mean(c*c, axis=0); r = sqrt(v + eps);"
        " h = c/r; y = gamma*h + beta",
        ["eps > 0"], "x", "gamma/r*(dy - (sum(dy, axis=0) + h*sum(dy*h, axis=0))/x.shape[0])",
    ),
    (
        "mu = mean(x, axis=1, keepdims=True); v = mean((x - mu)**2, axis=1, keepdims=True);"
        " s = 1/sqrt(v + eps); y = (x - mu)*s",
        ["eps > 0"], "x",
        "s*(dy - (sum(dy, axis=1, keepdims=True) + y*sum(dy*y, axis=1, keepdims=True))"
        "/x.shape[1])",
    ),
    (
        "s = 1/sqrt(mean(x**2, axis=1, keepdims=True) + eps); y = x*s",
        ["eps > 0"], "x", "s*(dy - y*sum(dy*y, axis=1, keepdims=True)/x.shape[1])",
    ),
]


@pytest.mark.parametrize(("text", "assume", "name", "expected"), TWO_DIMENSIONS)
def test_two_dimensions(text: str, assume: list[str], name: str, expected: str) -> None:
    text = text.replace("/N", "/x.shape[0]")
    derived = backward(parsed(text, MATRICES, assume), [name])
    assert_closed_form(derived, name, expected)


def test_two_layers_keep_the_names_that_are_used_twice() -> None:
    text = (
        "z1 = x @ W1 + b1; h = maximum(z1, 0); z2 = h @ W2 + b2;"
        "y = exp(z2)/sum(exp(z2), axis=1, keepdims=True); L = -sum(t*log(y))/x.shape[0]"
    )
    shapes = {"x": ("N", "D"), "W1": ("D", "H"), "b1": ("H",), "W2": ("H", "M"), "b2": ("M",),
              "t": ("N", "M")}
    program = parse_program(text, shapes, assume=["sum(t, axis=1) == 1"])
    derived = backward(program, ["x", "W1", "b1", "W2", "b2"])
    assert [s.array.name for s in derived.steps] == ["dz2", "dz1", "dx", "dW1", "db1", "dW2",
                                                     "db2"]
    for name, expected in {
        "z2": "(y - t)/x.shape[0]", "z1": "(dz2 @ W2.T)*where(z1 > 0, 1, 0)", "x": "dz1 @ W1.T",
        "W1": "x.T @ dz1", "b1": "sum(dz1, axis=0)", "W2": "h.T @ dz2", "b2": "sum(dz2, axis=0)",
    }.items():
        assert_closed_form(derived, name, expected)


def test_attention_keeps_its_probabilities() -> None:
    text = (
        "s = q @ k.T/sqrt(q.shape[1]); p = exp(s)/sum(exp(s), axis=1, keepdims=True); o = p @ v"
    )
    shapes = {"q": ("L", "K"), "k": ("S", "K"), "v": ("S", "V")}
    derived = backward(parse_program(text, shapes))
    for name, expected in {
        "v": "p.T @ do", "p": "do @ v.T", "s": "p*(dp - sum(dp*p, axis=1, keepdims=True))",
        "q": "ds @ k/sqrt(q.shape[1])", "k": "ds.T @ q/sqrt(q.shape[1])",
    }.items():
        assert_closed_form(derived, name, expected)
