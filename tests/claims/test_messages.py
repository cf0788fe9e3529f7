"""What is not read, and what may be read in two ways: each error says where, and what to write."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

import symbackprop as sb
from symbackprop.claims.ranges import Unfit
from symbackprop.errors import InputError, Refused, ShapeError, SymbackpropError, UnknownNameError

A = {"wrt": "a"}
SQUARE = {"shapes": {"x": ("n",), "T": ()}}
WORDS = {"shapes": {"a": ("n",), "b": ("n",), "ab": ("n",)}}
TWO_SIZES = {"shapes": {"x": ("n",), "y": ("m",), "s": ()}}
NUMBERED = {"shapes": {"W": ("n",), "W1": ("n",), "x": ("n",)}}

CASES: list[tuple[str, dict[str, Any], str, dict[str, Any], type[SymbackpropError], str]] = [
    ("softmax-ce", {}, "", A, Refused, "the claim is empty; write y - t"),
    ("softmax-ce", {}, "y - z", A, UnknownNameError, "'z' is not an array here; there are a, t"),
    ("softmax-ce", {}, "y_k - z_k", A, UnknownNameError, "'z' is not a name here; there are a, t"),
    ("softmax-ce", {}, r"y_k - \zeta_k", A, UnknownNameError, "'zeta' is not a name here"),
    ("softmax-ce", {}, "y - t", {"wrt": "q"}, UnknownNameError, "no array 'q'; there are a, t"),
    ("softmax-ce", {}, "y_k - t_j", A, Refused, "the indices k, j are free, and the gradient has "
     "1 axis; write the left side"),
    ("softmax-ce", {}, "da[k] = y[j] - t[j]", {}, Refused,
     "the index j is free on the right, and the left side has k"),
    ("softmax-ce", {}, "da[k] = y[k,j]", {}, Refused,
     "y has 1 axis, and 2 subscripts are given (at column 9: 'y[k,j]')"),
    ("softmax-ce", {}, "da[j,k] = y[k]", {}, Refused, "da has 1 axis"),
    ("softmax-ce", {}, "L_k + y_k", A, Refused, "L is a scalar and has no subscripts"),
    ("softmax-ce", {}, "da[k] = y - t", {}, Refused, "'da[k]' has subscripts and the right side"),
    ("softmax-ce", {}, r"\frac{\partial L}{\partial a_k} = \mathbf{y}", {}, Refused,
     "write both by elements or both whole"),
    ("softmax-ce", {}, "y - t = da", {}, Refused, "the left side says what is claimed: write da"),
    ("softmax-ce", {}, "dL = 1", {}, Refused, "the left side says what is claimed"),
    ("softmax-ce", {}, r"\frac{\partial L}{\partial L} = 1", {}, Refused,
     "the derivative of the loss in itself is 1"),
    ("softmax", {}, "dy = 1", {}, InputError, "dy is given (an upstream gradient)"),
    ("softmax-ce", {}, r"\frac{\partial L}{\partial a_k} = y_k - ", {}, Refused,
     "ends too early, after"),
    ("softmax-ce", {}, r"y_k) \cdot 2", A, Refused, "')' at column 4 is not expected after 'y_k'"),
    ("softmax-ce", {}, r"\foo y_k", A, Refused, r"'\\foo' at column 1 is not read"),
    ("softmax-ce", {}, r"\int y_k", A, Refused, "integrals are not read"),
    ("softmax-ce", {}, r"y'_k \cdot 1", A, Refused, "a prime is not read; write the derivative"),
    ("softmax-ce", {}, r"y_k |t_k| \cdot 1", A, Refused, r"write \left| x \right|"),
    ("softmax-ce", {}, r"\log y_k t_k", A, Refused, "where the argument of log ends; put it in"),
    ("softmax-ce", {}, r"ln y_k t_k \cdot 2", A, Refused, "the argument of log ends"),
    ("softmax-ce", {}, r"\log_2 y_k", A, Refused, "write log(u)/log(2) for another base"),
    ("softmax-ce", {}, r"\tanh^{-1}(y_k)", A, Refused, "may be its inverse; write (tanh(x))^p"),
    ("softmax-ce", {}, r"1/n y_k \cdot 2", A, Refused, "write (a/b) c or a/(b c)"),
    ("softmax-ce", {}, r"\sum_j y_k \cdot 1", A, Refused, "over what the index j runs is not said"),
    ("softmax-ce", {}, r"\sum_{j=0}^n y_j", A, Refused, "subscripts count from 1"),
    ("softmax-ce", {}, r"\sum_{j=1}^m y_j", A, Refused, "m is no size here; the sizes are n"),
    ("softmax-ce", {}, r"\sum^n y_j", A, Refused, "an upper end belongs to one index"),
    ("softmax-ce", {}, r"\max_j y_j t_k", A, Refused, "put what the max is taken of in paren"),
    ("softmax-ce", {}, r"\mathbf{y} \cdot \mathbf{t}", A, InputError,
     r"a dot between two vectors may mean x^\top y or x \odot y"),
    ("softmax-ce", {}, r"y_k - \mathbf{t}", A, Refused, "elements and whole arrays do not mix"),
    ("softmax-ce", {}, "y[0] - t_k", A, Refused, "subscripts count from 1 (at column 3: '0')"),
    ("softmax-ce", {}, "y[n] - t_k", A, Refused, "n is the size of an axis; use another letter"),
    ("softmax-ce", {}, "y_t - 1", A, Refused, "t is an array and no index"),
    ("softmax-ce", {}, r"\delta_{jkl}", A, Refused, "the Kronecker delta has two subscripts"),
    ("softmax-ce", {}, r"softmax(y_k) \cdot 1", A, Refused, "softmax of one element; give it a"),
    ("softmax-ce", {}, r"y_k + [y_k > 0] + (y_k > 0)", A, Refused, "condition in brackets"),
    ("softmax-ce", {}, r"\frac{\partial^2 L}{\partial a_j \partial a_k} = 1", {}, Refused,
     "second derivatives are not read"),
    ("softmax-ce", {}, r"\frac{\partial L}{\partial q_k} = 1", {}, UnknownNameError,
     "'q' is not a name here"),
    ("softmax-ce", {}, r"\frac{\partial y}{\partial a_k} = 1", {}, Refused,
     "give subscripts to both arrays or to none"),
    ("softmax-ce", {}, r"\partial L", A, Refused, "a ∂ stands in a quotient only"),
    ("softmax-ce", {}, "y.foo", A, Refused, "only array expressions are read"),
    ("softmax-ce", {}, "__import__('os')", A, Refused, "'__import__' is not a supported function"),
    ("softmax-ce", {}, "y - t", {**A, "notation": "tex"}, InputError,
     "the notation 'tex' is not known: write one of numpy, index, latex"),
    ("softmax-ce", {}, "y - t", {**A, "let": {"y": "sum(t)"}}, InputError,
     "'y' is a name of the forward pass"),
    ("softmax-ce", {}, "y - t", {**A, "let": {"2y": "sum(t)"}}, InputError, "is not a name"),
    ("softmax-ce", {}, r"\left(" * 70 + "y_k" + r"\right)" * 70, A, Refused, "more than 60 deep"),
    ("softmax-ce", {}, "y_k" + " + y_k" * 2000, A, Refused, "at most 4000 are read"),
    ("affine-batch", {}, "dz", {}, InputError, "give wrt (--wrt), one of x, W, b, or write dx ="),
    ("affine-batch", {}, r"\boldsymbol{x} \boldsymbol{x}", {"wrt": "W"}, ShapeError,
     "(N, D) times (N, D) do not fit together"),
    ("batch-norm", {}, r"\frac{\partial L}{\partial x_{ij}} = \sum_k \frac{\partial L}{\partial "
     r"\hat{x}_{kj}} \frac{\partial \hat{x}_{kj}}{\partial x_{ij}}", {}, InputError,
     "∂xhat/∂x may hold mu fixed or not"),
    ("lstm-cell", {}, r"\frac{\partial L}{\partial c_{jk}} = \frac{\partial L}{\partial m_{jk}} "
     "f_{jk}", {}, InputError, "may be the upstream gradient dm or the whole gradient dm_"),
    ("y = x*T; L = sum(y)", SQUARE, r"x^T \cdot 1", {"wrt": "x"}, Refused,
     r"T is a name here, so it may be a power or a transpose; write ^{\top}"),
    ("y = a*b*ab; L = sum(y)", WORDS, r"ab_k \cdot 1", {"wrt": "a"}, Refused,
     r"it may be the name ab or the product a b; write \mathrm{ab} or a \cdot b"),
    ("y = W*x + W1*x; L = sum(y)", NUMBERED, r"W_{1} + W_{1k}", {"wrt": "x"}, Refused,
     "it may be an element of W or of W1"),
    ("y = x @ A; L = sum(y*y)", {"shapes": {"x": ("n",), "A": ("n", "n")}}, "2*x_i*y_j",
     {"wrt": "A"}, InputError, "which of the indices i, j is which axis"),
    ("L = sum(x)*s + sum(y)", TWO_SIZES, "x_s * 2", {"wrt": "x"}, Refused,
     "s is a number and no index (at column 1: 'x_s')"),
    ("L = sum(x)*s + sum(y)", TWO_SIZES, "dx[k] = Σ_j where(j > 1, x[j], y[j])", {}, Unfit,
     "the index j runs over n and over m"),
    ("softmax-ce", {}, r"\frac{\partial L}{\partial a_1,k} = y_k", {}, Refused,
     r"a comma in \frac; a subscript of several signs stands in braces, W_{1,ij}"),
    ("softmax-ce", {}, "da = da", {}, Refused, "the right side is what is claimed itself"),
    ("softmax-ce", {}, "da = 1*da", {}, Refused, "the right side is what is claimed itself"),
    ("softmax-ce", {}, "da[k] = da[k]", {}, Refused, "the right side is what is claimed itself"),
    ("softmax-ce", {}, "dL/da_k = da_k", {}, Refused, "the right side is what is claimed itself"),
    ("softmax-ce", {}, r"\frac{\partial y_i}{\partial a_k} = \frac{\partial y_i}{\partial a_k}",
     {}, Refused, "the right side is what is claimed itself"),
    ("softmax-ce", {}, "da = dL/da", {}, Refused, "dL/da is a quotient of two gradients"),
    ("softmax-ce", {}, "da = dL/dy @ dy/da", {}, Refused, "dy/da is a quotient of two gradients"),
    ("softmax-ce", {}, "da = y*dL/dy/da", {}, Refused, "is a quotient of two gradients"),
    ("softmax-ce", {}, "da[k] = sum_j ∂L/∂y[j] * dy[j]/da[k]", {}, Refused, "write ∂y/∂a with a ∂"),
    ("softmax-ce", {}, r"\frac{dL}{da_k} = \sum_j \frac{dL}{dy_j} \frac{dy_j}{da_k}", {}, Refused,
     "write ∂y/∂a with a ∂"),
]  # fmt: skip


named = cache(sb.derive)


@pytest.mark.parametrize(
    ("layer", "options", "claim", "asked", "error", "says"), CASES, ids=[c[2][:40] for c in CASES]
)
def test_the_error_says_what_is_wrong(
    layer: str, options: dict[str, Any], claim: str, asked: dict[str, Any],
    error: type[SymbackpropError], says: str,
) -> None:  # fmt: skip
    derived = sb.derive(layer, **options) if options else named(layer)
    with pytest.raises(error) as raised:
        derived.check(claim, **asked)
    assert says in str(raised.value)


@pytest.mark.parametrize("claim", [c[2] for c in CASES if c[2]])
def test_an_error_is_one_of_this_library(claim: str) -> None:
    """Whatever the claim is about, it is read or refused; nothing else is raised."""
    derived = named("softmax-ce")
    for notation in ("numpy", "index", "latex"):
        try:
            found = derived.check(claim, "a", notation=notation)
        except SymbackpropError as problem:
            assert str(problem)
        else:
            assert found.verdict in ("proved", "agrees", "false", "inconclusive")


HOSTILE = [
    "__import__('os').system('touch hacked')", r"\input{/etc/passwd}", r"\def\x{1} \x",
    "().__class__.__bases__", "lambda: 0", "y if y else t", "[y for y in t]", "y := t", "f'{y}'",
    "exec('1')", r"\write18{ls}", "y\x00", "y;t", "%y", r"\y", "_", "^", "=",
    "= y - t", "y - t =", "da = = y", r"\frac{}{}", r"\sum", r"\left(", "{", "}", "[k]", "1e400",
    "9" * 400, "where(y)", "where(y > 0, 1)", "δ(1)", "sum_", "Σ_k", "∂", "∂L",
]  # fmt: skip


@pytest.mark.parametrize("claim", HOSTILE)
@pytest.mark.parametrize("notation", [None, "numpy", "index", "latex"])
def test_hostile_text_is_refused(claim: str, notation: str | None) -> None:
    with pytest.raises(SymbackpropError):
        named("softmax-ce").check(claim, "a", notation=notation)
