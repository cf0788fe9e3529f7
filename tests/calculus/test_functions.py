"""Every function of the table and every contraction: its closed form, verified, and its LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.functions import TABLE
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.trace import trace
from tests.calculus.closed_forms import assert_closed_form
from tests.katex import assert_katex

SHAPES: dict[str, tuple[str, ...]] = {
    "x": ("n",), "w": ("n",), "A": ("n", "n"), "B": ("n", "m"), "C": ("m", "p"),
    "T": ("b", "n", "m"), "U": ("b", "m", "p"), "V": ("h", "b", "n", "m"),
}  # fmt: skip

FEW: dict[str, Any] = {"h": 2, "b": 3, "n": 2}

# Of y = f(x): dx in terms of x, y and dy.
UNARY = {
    "exp(x)": "dy*y",
    "sin(x)": "dy*cos(x)",
    "cos(x)": "-dy*sin(x)",
    "tan(x)": "dy*(1 + y**2)",
    "arcsin(x)": "dy/sqrt(1 - x**2)",
    "arccos(x)": "-dy/sqrt(1 - x**2)",
    "arctan(x)": "dy/(1 + x**2)",
    "sinh(x)": "dy*cosh(x)",
    "cosh(x)": "dy*y*tanh(x)",
    "log(cosh(x))": "dy*tanh(x)",
    "tanh(x)": "dy*(1 - y**2)",
    "arcsinh(x)": "dy/sqrt(1 + x**2)",
    "arccosh(2 + x**2)": "2*dy*x/sqrt((x**2 + 4)*x**2 + 3)",
    "arctanh(x)": "dy/(1 - x**2)",
    "erf(x)": "2*dy*exp(-x**2)/sqrt(pi)",
    "erfc(x)": "-2*dy*exp(-x**2)/sqrt(pi)",
    "gammaln(x)": "dy*digamma(x)",
    "digamma(x)": "dy*trigamma(x)",
    "x*trigamma(2)": "dy*trigamma(2)",
    "x*erf(2)": "dy*erf(2)",
    "sin(-x)": "-dy*cos(x)",
    "cos(-2*x)": "-2*dy*sin(2*x)",
    "abs(x)": "dy*sign(x)",
    "x*sign(x)": "dy*sign(x)",
    "log(x)": "dy/x",
    "log2(x)": "dy/x/log(2)",
    "log10(x)": "dy/x/log(10)",
    "exp2(x)": "dy*y*log(2)",
    "expit(x)": "dy*y*(1 - y)",
    "hypot(x, 3)": "dy*x/y",
    "heaviside(x, 0.5)*x": "dy*heaviside(x, 0.5)",
    "x/2*(1 + erf(x/sqrt(2)))":
        "dy*(1 + erf(sqrt(2)*x/2) + sqrt(2)*x*exp(-x**2/2)/sqrt(pi))/2",
}  # fmt: skip


@pytest.mark.parametrize("text", UNARY)
def test_unary(text: str) -> None:
    program = parse_program(f"y = {text}", {"x": ("n",)})
    assert_closed_form(backward(program), "x", UNARY[text])
    derived = sb.derive(f"y = {text}", shapes={"x": ("n",)})
    assert derived.verify().ok
    assert_katex(derived.latex())
    assert_katex(derived.latex(notation="matrix"))


@pytest.mark.parametrize("text", ["gammaln(0)", "digamma(-1.5)", "polygamma(1, -1)"])
def test_a_constant_at_a_pole_or_beyond_is_refused(text: str) -> None:
    with pytest.raises(sb.InputError, match="give a number above 0"):
        parse_program(f"y = x*{text}", {"x": ("n",)})


def test_every_function_of_the_table_has_a_closed_form() -> None:
    assert all(any(f"{f.head}(" in text for text in UNARY) for f in TABLE)


BINARY = {
    "logaddexp(x, w)": ("x", "dy*exp(x)/(exp(x) + exp(w))"),
    "logit(x)*w": ("x", "dy*w*(1/x + 1/(1 - x))"),
    "hypot(x, w)": ("w", "dy*w/y"),
    "heaviside(x, w)": ("w", "dy*(x == 0)"),
    "x*norm(w)": ("w", "w*sum(dy*y)/sum(w**2)"),
}


@pytest.mark.parametrize("text", BINARY)
def test_binary(text: str) -> None:
    name, expected = BINARY[text]
    program = parse_program(f"y = {text}", {"x": ("n",), "w": ("n",)})
    assert_closed_form(backward(program, [name]), name, expected)
    assert sb.derive(f"y = {text}", shapes={"x": ("n",), "w": ("n",)}, wrt=[name]).verify().ok


def test_xlogy_keeps_its_zero() -> None:
    derived = sb.derive("L = -sum(xlogy(x, w))", shapes={"x": ("n",), "w": ("n",)})
    assert derived.verify().ok
    layer = derived.compile()
    loss, grads = layer.value_and_grad([0.0, 0.5, 0.0], [0.0, 0.5, 0.5])
    assert loss == pytest.approx(-0.5 * np.log(0.5))
    np.testing.assert_allclose(grads.w, [0, -1, 0])


def test_erf_in_the_module_is_a_helper() -> None:
    source = sb.derive("y = erf(x)*erf(2*x)", shapes={"x": ("n",)}).numpy_source()
    assert source.count("def _erf(x):") == 1
    assert "import math\n" in source
    assert "_erfc" not in source
    plain = sb.derive("y = exp(x)", shapes={"x": ("n",)}).numpy_source()
    assert "math" not in plain


# A function of arrays, and the gradient in one of them.
CONTRACTIONS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "stack of products": (lambda T, U: T @ U, "T", "dy @ U.swapaxes(1, 2)"),
    "a stack by a matrix": (lambda T, C: T @ C, "C", "einsum('bnm,bnp->mp', T, dy)"),
    "rank 4 by rank 3": (lambda V, U: V @ U, "U", "einsum('hbnm,hbnp->bmp', V, dy)"),
    "einsum": (lambda T, U: np.einsum("bij,bjk->bik", T, U), "U", "T.swapaxes(1, 2) @ dy"),
    "bilinear": (lambda x, A, w: np.einsum("i,ij,j->", x, A, w), "A", "outer(x, w)"),
    "ellipsis": (lambda V, C: np.einsum("...i,ij->...j", V, C), "V", "dy @ C.T"),
    "diagonal": (lambda A: np.einsum("ii->i", A) ** 2, "A", "2*diag(dy*diag(A))"),
    "trace": (lambda A: np.trace(A), "A", "eye(A.shape[0])"),
    "trace of a square": (lambda A: np.trace(A @ A), "A", "2*A.T"),
    "diagonal matrix": (lambda x, A: np.diag(x) @ A, "x", "sum(dy*A, axis=1)"),
    "diagonal of a vector": (lambda x: np.diag(np.exp(x)), "x", "diag(dy)*exp(x)"),
    "tensordot": (lambda T, B: np.tensordot(T, B), "B", "einsum('b,bnm->nm', dy, T)"),
    "tensordot of one axis": (lambda T, C: np.tensordot(T, C, 1), "T", "dy @ C.T"),
    "dot of rank 3": (lambda T, C: np.dot(T, C), "T", "dy @ C.T"),
    "inner": (lambda T, B: np.inner(T, B), "T", "dy @ B"),
    "vdot": (lambda B: np.vdot(B, B), "B", "2*B"),
    "multi_dot": (lambda A, B, C: np.linalg.multi_dot([A, B, C]), "B", "A.T @ (dy @ C.T)"),
    "norm": (lambda x: np.linalg.norm(x), "x", "x/L"),
    "norm of order 1": (lambda B: np.linalg.norm(B, ord=1, axis=1), "B", "dy[:, None]*sign(B)"),
    "Frobenius": (lambda B: np.linalg.norm(B, "fro"), "B", "B/L"),
    "average": (lambda B, w: np.average(B, 0, w), "B", "outer(w, dy)/sum(w)"),
    "variance over two axes": (
        lambda V: V.var(axis=(1, 3)), "V",
        "2*dy[:, None, :, None]*(V - V.mean(axis=(1, 3), keepdims=True))"
        "/(V.shape[1]*V.shape[3])",
    ),
    "max over two axes": (
        lambda V: V.max(axis=(0, 2)), "V",
        "dy[None, :, None]*(V == y[None, :, None])"
        "/sum(V == y[None, :, None], axis=(0, 2), keepdims=True)",
    ),
    "min": (lambda x: np.min(x), "x", "(x == L)/sum(x == L)"),
    "softmax of rank 4": (
        lambda V: np.exp(V) / np.exp(V).sum(axis=-1, keepdims=True), "V",
        "y*(dy - sum(dy*y, axis=3, keepdims=True))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACTIONS)
def test_contraction(name: str) -> None:
    function, wrt, expected = CONTRACTIONS[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    shapes = {m: SHAPES[m] for m in names}
    assert_closed_form(backward(trace(function, shapes)), wrt, expected)
    derived = sb.derive(function, shapes=shapes)
    assert_katex(derived.latex())
    assert_katex(derived.latex(notation="matrix"))
    if "V" in names:  # element by element, five symbolic sizes would take a minute
        small = {m: tuple(FEW.get(s, s) for s in shape) for m, shape in shapes.items()}
        derived = sb.derive(function, shapes=small)
    report = derived.verify()
    assert report.ok, str(report)


def test_a_minimum_is_shown_as_one() -> None:
    derived = sb.derive("y = x - min(x)", shapes={"x": ("n",)})
    assert "y[k] = x[k] - min_j x[j]" in derived.text(unicode=False)
    assert r"x_{k} - \min_{j} x_{j}" in derived.latex()
    assert "y = x - np.min(x)" in derived.numpy_source()
    assert "max" not in derived.text(unicode=False)
    assert any("smallest" in note for note in derived.notes)


@pytest.mark.parametrize(
    ("text", "others", "form"),
    [
        ("y = -log(1 + exp(-x))", "", "dy/(1 + exp(x))"),
        ("y = minimum(maximum(x, 0), 6)", "", "dy*(x > 0)*(x < 6)"),
        ("z = 1/(1 + exp(-x)); y = z*u + (1 - z)*w", "uw", "dy*z*(1 - z)*(u - w)"),
    ],
)
def test_no_digits_are_given_away(text: str, others: str, form: str) -> None:
    d = sb.derive(text, shapes={name: ("n",) for name in f"x{others}"}, wrt=["x"])
    assert_closed_form(d.backward, "x", form)
